import Foundation
import Jobs
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

/// Which endpoints an event goes to, and in which order.
@Suite struct EventFilterRouteTests {
    private func webhook(_ api: TestAPI, _ members: String) async throws -> String {
        let made = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/",\#(members)}"#)
        return try #require(made.text("id"), "\(made)")
    }

    private func receivers(_ api: TestAPI, _ event: String) async throws -> Set<String> {
        let published = try await api.client.post("/api/events", event)
        let shown = try await api.client.get("/api/events/\(try #require(published.text("eventId"), "\(published)"))")
        #expect(shown.int("deliveryCount") == published.int("deliveries"))
        return Set(shown.texts("deliveries", "webhookId"))
    }

    @Test func `filters see type, data and metadata, and metadata is sent to nobody`() async throws {
        try await TestAPI.run { api in
            let high = try await webhook(api, #""filter":{"data.score":{"$gte":90}}"#)
            let europe = try await webhook(api, #""filter":{"metadata.region":"eu"}"#)
            let all = try await webhook(api, #""description":"all""#)
            let event = #"{"event":"a.b","data":{"score":90.0},"metadata":{"region":"eu"}}"#
            #expect(try await receivers(api, event) == [high, europe, all])
            #expect(try await receivers(api, #"{"event":"a.b","data":{"score":"90"}}"#) == [all])
            #expect(try await receivers(api, #"{"event":"a.b","data":{},"metadata":{"region":"us"}}"#) == [all])
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE payload LIKE '%region%'") == 0)
            #expect(try await api.number("SELECT count(*) FROM events e JOIN event_bodies b ON b.event_id = e.id WHERE metadata = '{\"region\":\"eu\"}' AND b.body NOT LIKE '%region%'") == 1)
            let shown = try await api.client.get("/api/events?limit=5")
            #expect(shown.status == 200)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{},"metadata":5}"#).texts("errors", "pointer") == ["/metadata"])
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a body goes out to the byte: order, spelling and spaces of its data`() async throws {
        try await TestAPI.run { api in
            _ = try await webhook(api, #""filter":{"data.z":1}"#)
            let data = #"{ "z" : 1.0, "a":[1e2 ,"\u00e9"],"A":{} }"#
            _ = try await api.client.post("/api/events", #"{"metadata":{},"data":\#(data),"event":"a.b"}"#)
            let payload = try await api.pool.query("SELECT payload FROM jobs").first?.text(0) ?? ""
            #expect(payload.contains(#""data":\#(data)}"#), "\(payload)")
        }
    }

    @Test func `deliveries by key have the key's lane key, the others none, and attempts are as many as the schedule says`() async throws {
        try await TestAPI.run { api in
            let keyed = try await webhook(api, #""deliveryOrder":"key","orderKey":"/user/id","retrySchedule":[1,2]"#)
            let plain = try await webhook(api, #""retrySchedule":[]"#)
            for id in [#""u1""#, #""u2""#, #""u1""#, "7", "7.0", "null"] {
                #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{"user":{"id":\#(id)}}}"#).int("deliveries") == 2)
            }
            func column(_ name: String, _ lane: String) async throws -> [String?] {
                try await api.pool.query("SELECT \(name)::text FROM jobs WHERE lane = $1 ORDER BY id", [.text(lane)]).map { try $0.optionalText(0) }
            }
            let keys = try await column("lane_key", keyed)
            #expect(keys[0] != nil && keys[0] == keys[2] && keys[0] != keys[1] && keys[3] != nil && keys[3] == keys[4] && keys[5] == nil, "\(keys)")
            #expect(keys.allSatisfy { $0?.contains("u1") != true }, "a value may be somebody's address")
            #expect(try await column("lane_key", plain) == Array(repeating: nil, count: 6))
            #expect(try await column("max_attempts", keyed) == Array(repeating: "3", count: 6))
            #expect(try await column("max_attempts", plain) == Array(repeating: "1", count: 6))
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a test sends a sample to the one webhook, whatever it wants, as a real delivery`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api, #""filter":{"data.never":1}"#)
            _ = try await webhook(api, #""description":"another""#)
            let sent = try await api.client.post("/api/webhooks/\(id)/test", #"{"eventType":"course.completed"}"#)
            #expect(sent.status == 202, "\(sent)")
            let job = try await api.client.get("/api/jobs/\(sent.text("jobId") ?? "")")
            #expect(job.text("kind") == "webhook.deliver" && job.text("lane") == id && job.body.contains("Introduction to AI"), "\(job)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
            #expect(try await api.client.post("/api/webhooks/\(id)/test", "{}").text("eventType") == "a.b")
            _ = try await api.pool.query("UPDATE endpoints SET status = 'disabled'")
            #expect(try await api.client.post("/api/webhooks/\(id)/test", "{}").isProblem(409, "webhook_disabled"))
            #expect(try await api.client().post("/api/webhooks/\(id)/test", "{}").isProblem(404, "not_found"))
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `an endpoint in order stays so whatever its lane's limits become, and each of them is another version`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api, #""deliveryOrder":"fifo""#)
            let before = try await api.client.get("/api/webhooks/\(id)")
            let limits = #"{"queue":"webhooks","lane":"\#(id)","concurrency":1,"rate":{"jobs":5,"seconds":1}}"#
            #expect(try await api.client.send("PUT", "/api/lanes/limits", body: Data(limits.utf8)).status == 200)
            #expect(try await api.number("SELECT count(*) FROM lanes WHERE strict") == 1)
            let after = try await api.client.get("/api/webhooks/\(id)")
            #expect(after.int("concurrency") == 1 && after.headers["etag"] != before.headers["etag"], "\(after)")
            let changed = try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(#"{"description":"d"}"#.utf8))
            #expect(changed.int("concurrency") == 1 && changed.text("deliveryOrder") == "fifo", "\(changed)")
            #expect(try await api.number("SELECT count(*) FROM lanes WHERE strict") == 1)
        }
    }

    @Test func `a secret header stays one: it is shown to nobody who says that it is none`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api, #""headers":{"authorization":"Bearer hush","x-team":{"value":"hidden","secret":true}}"#)
            for patch in [
                #"{"headers":{"authorization":{"secret":false},"x-team":{"secret":false}}}"#, #"{"headers":{"x-team":"another hidden"}}"#,
                #"{"description":"moved"}"#,
            ] {
                let changed = try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(patch.utf8))
                #expect(changed.status == 200 && !"\(changed)".contains("hush") && !"\(changed)".contains("hidden"), "\(changed)")
            }
            let shown = try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(#"{"headers":{"x-team":{"value":"open","secret":false}}}"#.utf8))
            #expect("\(shown)".contains("open"), "\(shown)")
        }
    }

    @Test func `a webhook with a challenge is active only when its receiver has echoed one, at the URL that it has`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api, #""ownershipChallenge":true"#)
            let made = try await api.client.get("/api/webhooks/\(id)")
            #expect(made.text("status") == "disabled" && made.text("disabledReason") == "unverified", "\(made)")
            #expect(try await receivers(api, #"{"event":"a.b","data":{}}"#) == [])
            let asked = try await api.client.post("/api/webhooks/\(id)/verify", "{}", headers: ["Idempotency-Key": "v"])
            let again = try await api.client.post("/api/webhooks/\(id)/verify", "{}", headers: ["Idempotency-Key": "v"])
            #expect(asked.status == 202 && again.text("jobId") == asked.text("jobId"), "\(asked) \(again)")
            #expect(try await api.client.get("/api/jobs/\(asked.text("jobId") ?? "")").text("kind") == "webhook.verify")

            #expect(try await api.client.post("/api/webhooks/\(id)/enable", "{}").isProblem(409, "webhook_unverified"))
            let (table, endpoint) = (EndpointTable(pool: api.pool), try #require(EndpointID(id)))
            let place = EndpointSwitch.lane(of: endpoint, workspace: api.workspace)
            #expect(try await table.verify(endpoint, workspace: api.workspace, url: "https://example.com/other", place: place) == false)
            #expect(try await table.verify(endpoint, workspace: api.workspace, url: "https://example.com/", place: place))
            #expect(try await api.client.get("/api/webhooks/\(id)").text("status") == "active")
            #expect(try await receivers(api, #"{"event":"a.b","data":{}}"#) == [id])
            #expect(try await api.client.post("/api/webhooks/\(id)/verify", "{}").isProblem(409, "nothing_to_verify"))

            // Paused and moved: nothing holds its lane when the new URL has echoed. Disabled by hand: no echo makes it active.
            #expect(try await api.client.post("/api/webhooks/\(id)/pause", "{}").status == 200)
            #expect(try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(#"{"webhookUrl":"https://example.com/2"}"#.utf8)).text("disabledReason") == "unverified")
            #expect(try await table.verify(endpoint, workspace: api.workspace, url: "https://example.com/2", place: place))
            #expect(try await api.number("SELECT count(*) FROM lane_holds") == 0)
            _ = try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(#"{"webhookUrl":"https://example.com/3"}"#.utf8))
            #expect(try await api.client.post("/api/webhooks/\(id)/disable", "{}").text("disabledReason") == "manual")
            #expect(try await table.verify(endpoint, workspace: api.workspace, url: "https://example.com/3", place: place))
            #expect(try await api.client.get("/api/webhooks/\(id)").text("status") == "disabled")
            #expect(try await api.client.post("/api/webhooks/\(id)/enable", "{}").text("status") == "active")
            // Another URL has to echo one of its own.
            let moved = try await api.client.send(
                "PATCH", "/api/webhooks/\(id)", body: .init(#"{"webhookUrl":"https://example.com/elsewhere"}"#.utf8))
            #expect(moved.text("status") == "disabled" && moved.text("disabledReason") == "unverified", "\(moved)")
        }
    }
}
