import Foundation
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What our own writes tell webhooks is part of the write.
@Suite struct PublicationLaws {
    private struct Scene {
        let api: TestAPI
        var course = ""
        var user = ""

        init(_ api: TestAPI) async throws {
            self.api = api
            course = try #require(try await api.client.post("/api/courses", #"{"name":"Introduction to AI"}"#).text("id"))
            user = try #require(try await api.client.post("/api/users", #"{"name":"John Doe","email":"john@example.com"}"#).text("id"))
        }

        func listen(_ type: String) async throws -> String {
            try #require(try await api.client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"https://example.com/"}"#).text("id"))
        }

        /// One write for each type of event.
        func write(_ type: String, headers: [String: String] = [:]) async throws -> Answer {
            switch type {
            case "user.created": try await api.client.post("/api/users", #"{"name":"New","email":"new@example.com"}"#, headers: headers)
            case "user.updated": try await api.client.send("PATCH", "/api/users/\(user)", body: Data(#"{"name":"Jane"}"#.utf8), headers: headers)
            case "course.completed":
                try await api.client.post("/api/courses/\(course)/completions", #"{"userId":"\#(user)","score":95}"#, headers: headers)
            default:
                try await api.client.post(
                    "/api/courses/\(course)/quiz-submissions", #"{"userId":"\#(user)","quizId":"q","score":8,"maxScore":10}"#, headers: headers)
            }
        }

        /// Everything that a write could have left.
        func rows() async throws -> [Int64] {
            var counts: [Int64] = []
            for table in ["users", "completions", "quiz_submissions", "events", "deliveries", "jobs", "idempotency_keys"] {
                counts.append(try await api.number("SELECT count(*) FROM \(table)"))
            }
            return counts + [try await api.number("SELECT sum(version)::int8 FROM users"), try await api.number("SELECT sum(accepted)::int8 FROM ledger_counters")]
        }
    }

    static let types = ["user.created", "user.updated", "course.completed", "quiz.submitted"]

    @Test(arguments: types) func `a write and its event are there together, and the delivery is given out`(type: String) async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            try await api.openIndex()
            let webhook = try await scene.listen(type)
            #expect(try await (200...201).contains(scene.write(type).status))
            let events = try await api.client.get("/api/events?event=\(type)&limit=1")
            let event = try await api.client.get("/api/events/\(events.text("data.0.eventId") ?? "")")
            #expect(event.count("deliveries") == 1 && event.text("deliveries.0.webhookId") == webhook, "\(event)")
            let job = try #require(JobID(event.text("deliveries.0.jobId") ?? ""))
            let index = LaneIndex(shard: api.queues.shard(of: "webhooks", lane: webhook), redis: api.redis)
            try await eventually("the index has it") { try await index.missing(of: [job], in: webhook)?.ids == [] }
            #expect(try await api.booksDiffer() == [])
            // It is an event that anybody could publish: it fits the schema of its type.
            let data = try #require(event.value("data"))
            let again = try JSONSerialization.data(withJSONObject: ["event": type, "data": data])
            let published = try await api.client.send("POST", "/api/events", body: again)
            #expect(published.status == 202, "\(published)")
        }
    }

    @Test func `a completed course is told as the contract shows it`() async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            _ = try await scene.write("course.completed")
            let id = try await api.client.get("/api/events?event=course.completed").text("data.0.eventId") ?? ""
            let event = try await api.client.get("/api/events/\(id)")
            let data = #"{"course":{"id":"\#(scene.course)","name":"Introduction to AI","score":95},"user":{"id":"\#(scene.user)","name":"John Doe","email":"john@example.com"}}"#
            #expect(event.body.contains(#""data":\#(data)"#), "\(event)")
        }
    }

    @Test func `a changed user is told with what changed, and nothing else`() async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            for (change, name) in [
                (#"{"name":"Jane"}"#, "name"), (#"{"email":"jane@example.com"}"#, "email"), (#"{"role":"developer"}"#, "role"),
                (#"{"externalId":"crm-1"}"#, "externalId"), (#"{"metadata":{"a":1}}"#, "metadata"),
            ] {
                #expect(try await api.client.send("PATCH", "/api/users/\(scene.user)", body: Data(change.utf8)).status == 200)
                let id = try await api.client.get("/api/events?event=user.updated&limit=1").text("data.0.eventId") ?? ""
                #expect(try await api.client.get("/api/events/\(id)").value("data.changed") as? [String] == [name])
            }
        }
    }

    @Test(arguments: types, ["events", "deliveries", "jobs", "ledger_counters", "idempotency_keys"])
    func `where an event cannot be stored, nothing of its write is`(type: String, table: String) async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            _ = try await scene.listen(type)
            let before = try await scene.rows()
            // Fails in the middle of the transaction, or at its very end.
            let moment = table == "idempotency_keys" ? "UPDATE" : table == "ledger_counters" ? "UPDATE" : "INSERT"
            let break_ = """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken on purpose''; END';
                CREATE TRIGGER refuse BEFORE \(moment) ON \(table) FOR EACH ROW EXECUTE FUNCTION refuse();
                """
            for statement in break_.split(separator: ";\n") { _ = try await api.pool.query(String(statement)) }
            let answer = try await scene.write(type, headers: ["Idempotency-Key": "k"])
            #expect(answer.isProblem(500, "internal_error"), "\(answer)")
            #expect(try await scene.rows() == before)
            #expect(try await api.booksDiffer() == [])
            _ = try await api.pool.query("DROP TRIGGER refuse ON \(table)")
            #expect(try await (200...201).contains(scene.write(type, headers: ["Idempotency-Key": "k"]).status), "the key was not used up")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
        }
    }

    @Test func `what happens is told while the queue of webhooks drains`() async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            _ = try await scene.listen("course.completed")
            _ = try await api.client.post("/api/queues/webhooks/drain", "{}")
            try await eventually("the API has heard of it") {
                try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).text("code") == "queue_draining"
            }
            #expect(try await scene.write("course.completed").status == 201)
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
        }
    }

    @Test func `a write that is repeated with its key tells nothing twice`() async throws {
        try await TestAPI.run { api in
            let scene = try await Scene(api)
            _ = try await scene.listen("course.completed")
            for _ in 0..<3 { #expect(try await scene.write("course.completed", headers: ["Idempotency-Key": "k"]).status == 201) }
            #expect(try await api.number("SELECT count(*) FROM completions") == 1)
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
        }
    }
}
