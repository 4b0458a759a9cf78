import Foundation
import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct ScheduleRoutesTests {
    private let daily = #"{"name":"report","cron":"30 2 * * MON-FRI","timeZone":"Europe/Berlin","kind":"noop","payload":{"n":1},"lane":"reports"}"#

    private func make(_ api: TestAPI, _ body: String? = nil) async throws -> String {
        let answer = try await api.client.post("/api/schedules", body ?? daily)
        guard answer.status == 201, let id = answer.text("id") else { throw Unexpected(description: "no schedule: \(answer)") }
        return id
    }

    @Test func `a schedule is made, shown with what comes next, listed, changed and deleted`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/schedules", daily)
            #expect(made.status == 201 && made.text("status") == "active" && made.text("lane") == "reports", "\(made)")
            #expect(made.text("catchUp") == "none" && made.text("overlap") == "allow" && made.int("maxAttempts") == 20 && made.int("payload.n") == 1)
            let id = try #require(made.text("id"))
            #expect(id.hasPrefix("sch_"))
            let shown = try await api.client.get("/api/schedules/\(id)")
            #expect(shown.body == made.body && shown.count("nextOccurrences") == 5 && shown.count("occurrences") == 0, "\(shown)")
            #expect(shown.text("nextOccurrences.0") == shown.text("nextAt"))
            #expect(try await api.client.get("/api/schedules").texts("data", "id") == [id])

            let changed = try await api.client.send(
                "PATCH", "/api/schedules/\(id)", body: Data(#"{"cron":"@hourly","overlap":"skip","lane":null,"payload":{"n":2}}"#.utf8))
            #expect(changed.status == 200 && changed.text("cron") == "@hourly" && changed.text("overlap") == "skip", "\(changed)")
            #expect(changed.int("payload.n") == 2 && changed.text("lane") == api.workspace.description && changed.text("timeZone") == "Europe/Berlin")
            #expect(changed.text("nextAt")?.hasSuffix(":00:00.000Z") == true && changed.text("nextAt") != made.text("nextAt"))

            #expect(try await api.client.send("DELETE", "/api/schedules/\(id)").status == 204)
            #expect(try await api.client.get("/api/schedules/\(id)").isProblem(404, "not_found"))
            let actions = try await api.pool.query("SELECT action FROM operator_actions WHERE subject = $1 AND actor LIKE 'key_%' ORDER BY id", [.text(id)])
            #expect(try actions.map { try $0.text(0) } == ["schedules.change", "schedules.delete"])
        }
    }

    @Test func `pause, resume and run do what they say, with and without a body`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            let paused = try await api.client.post("/api/schedules/\(id)/pause", #"{"reason":"holidays"}"#)
            #expect(paused.status == 200 && paused.text("status") == "paused" && paused.text("pausedReason") == "holidays", "\(paused)")
            #expect(paused.value("nextAt") is NSNull && paused.count("nextOccurrences") == 0 && paused.text("pausedBy")?.hasPrefix("key_") == true)
            let run = try await api.client.send("POST", "/api/schedules/\(id)/run", headers: ["Idempotency-Key": "once"])
            #expect(run.status == 202 && run.text("status") == "pending", "\(run)")
            let again = try await api.client.send("POST", "/api/schedules/\(id)/run", headers: ["Idempotency-Key": "once"])
            #expect(again.body == run.body && again.headers["idempotent-replayed"] == "true")
            let job = try #require(run.text("jobId"))
            let made = try await api.client.get("/api/jobs/\(job)")
            #expect(made.text("scheduleId") == id && made.text("lane") == "reports" && made.int("payload.n") == 1, "\(made)")
            let resumed = try await api.client.send("POST", "/api/schedules/\(id)/resume")
            #expect(resumed.text("status") == "active" && resumed.text("occurrences.0.jobId") == job && resumed.bool("occurrences.0.manual") == true)
            #expect(try await api.client.post("/api/schedules/\(id)/resume", #"{"catchup":true}"#).text("errors.0.pointer") == "/catchup")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test(arguments: [
        (#""cron":"61 * * * *""#, "/cron", "the minute '61' is not from 0 to 59"),
        (#""timeZone":"Europe/berlin""#, "/timeZone", "is not known; is Europe/Berlin meant?"),
        (#""name":"""#, "/name", "must not be empty"),
        (#""kind":"none""#, "/kind", "must be one of noop, test.picky"),
        (#""queue":"none""#, "/queue", "must be one of default, google, slack, system, voice, webhooks"),
        (#""lane":"a b""#, "/lane", "must be letters, digits and the characters _.:@#/+-"),
        (#""payload":5"#, "/payload", "must be an object"),
        (#""kind":"test.picky","payload":{"name":"x","inner":{}}"#, "/payload/inner/count", "is missing"),
        (#""catchUp":"some""#, "/catchUp", "must be one of none, latest, all"),
        (#""catchUpLimit":501"#, "/catchUpLimit", "must be an integer from 1 to 500"),
        (#""overlap":"maybe""#, "/overlap", "must be one of allow, skip, queue_one"),
        (#""maxAttempts":0"#, "/maxAttempts", "must be an integer from 1 to 100"),
        (#""uniqueKey":"u""#, "/uniqueKey", "is not known here"),
    ])
    func `what is wrong is said where it is wrong, when made and when changed`(member: String, pointer: String, reason: String) async throws {
        try await TestAPI.run { api in
            // The last of two members of a name counts.
            let answer = try await api.client.post("/api/schedules", daily.dropLast() + ",\(member)}")
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.text("errors.0.pointer") == pointer && answer.text("errors.0.reason") == reason, "\(answer)")
            #expect(answer.count("errors") == 1)
            let id = try await make(api)
            let changed = try await api.client.send("PATCH", "/api/schedules/\(id)", body: Data("{\(member)}".utf8))
            #expect(changed.isProblem(422, "validation_failed") && changed.text("errors.0.pointer") == pointer, "\(changed)")
            #expect(try await api.client.get("/api/schedules/\(id)").text("cron") == "30 2 * * MON-FRI")
        }
    }

    @Test func `an expression that never comes is refused`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/schedules", daily.dropLast() + #","cron":"0 0 30 2 *"}"#)
            #expect(answer.isProblem(409, "never_comes") && answer.texts("errors", "pointer") == ["/cron"], "\(answer)")
        }
    }

    @Test func `what is missing is said all at once`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/schedules", "{}")
            #expect(Set(answer.texts("errors", "pointer")) == ["/name", "/cron", "/kind", "/payload"], "\(answer)")
            #expect(try await api.client.post("/api/schedules", "[]").isProblem(422, "validation_failed"))
        }
    }

    @Test func `a name is a workspace's once`() async throws {
        try await TestAPI.run { api in
            _ = try await make(api)
            #expect(try await api.client.post("/api/schedules", daily).isProblem(409, "name_taken"))
            let id = try await make(api, daily.replacing("report\"", with: "other\""))
            let renamed = try await api.client.send("PATCH", "/api/schedules/\(id)", body: Data(#"{"name":"report"}"#.utf8))
            #expect(renamed.isProblem(409, "name_taken"), "\(renamed)")
            #expect(try await api.client().post("/api/schedules", daily).status == 201)
        }
    }

    @Test func `a repeated request with its key makes one schedule`() async throws {
        try await TestAPI.run { api in
            let first = try await api.client.post("/api/schedules", daily, headers: ["Idempotency-Key": "k"])
            let again = try await api.client.post("/api/schedules", daily, headers: ["Idempotency-Key": "k"])
            #expect(first.status == 201 && again.status == 201 && again.body == first.body, "\(again)")
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(try await api.client.post("/api/schedules", daily + " ", headers: ["Idempotency-Key": "k"]).isProblem(422, "idempotency_key_reused"))
            #expect(try await api.client.get("/api/schedules").count("data") == 1)
        }
    }

    @Test func `a foreign or malformed id is not found, and scopes are asked for`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            let other = try await api.client()
            for id in [id, "sch_x", "job_00000000000000000000000000"] {
                #expect(try await other.get("/api/schedules/\(id)").isProblem(404, "not_found"))
                for action in ["pause", "resume", "run"] {
                    #expect(try await other.send("POST", "/api/schedules/\(id)/\(action)").isProblem(404, "not_found"), "\(action)")
                }
                #expect(try await other.send("PATCH", "/api/schedules/\(id)", body: Data("{}".utf8)).isProblem(404, "not_found"))
                #expect(try await other.send("DELETE", "/api/schedules/\(id)").isProblem(404, "not_found"))
            }
            #expect(try await other.get("/api/schedules").count("data") == 0)
            let reader = try await api.client(workspace: api.workspace, scopes: [.jobsRead])
            #expect(try await reader.get("/api/schedules/\(id)").status == 200)
            #expect(try await reader.post("/api/schedules", daily).isProblem(403, "missing_scope"))
            #expect(try await reader.send("POST", "/api/schedules/\(id)/run").isProblem(403, "missing_scope"))
            let operating = try await api.client(workspace: api.workspace, scopes: [.operator])
            #expect(try await operating.send("POST", "/api/schedules/\(id)/pause").status == 200)
            #expect(try await operating.send("DELETE", "/api/schedules/\(id)").isProblem(403, "missing_scope"))
        }
    }
}
