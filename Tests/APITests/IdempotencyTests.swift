import Identity
import TestSupport
import Testing

@Suite struct IdempotencyTests {
    private let job = #"{"kind":"noop","payload":{}}"#

    @Test(arguments: [
        ("/api/jobs", #"{"kind":"noop","payload":{}}"#),
        ("/api/jobs/batch", #"{"jobs":[{"kind":"noop","payload":{}},{"kind":"noop","payload":{}}]}"#),
        ("/api/events", #"{"event":"a.b","data":{}}"#),
    ])
    func `a repeated request with its key is answered alike and done once`(path: String, body: String) async throws {
        try await TestAPI.run { api in
            let headers = ["Idempotency-Key": "key 1"]
            let first = try await api.client.post(path, body, headers: headers)
            #expect(first.status == 202 && first.headers["idempotent-replayed"] == nil, "\(first)")
            let again = try await api.client.post(path, body, headers: headers)
            #expect(again.status == 202 && again.body == first.body, "\(again)")
            #expect(again.headers["idempotent-replayed"] == "true")
            let changed = try await api.client.post(path, body + " ", headers: headers)
            #expect(changed.isProblem(422, "idempotency_key_reused"), "\(changed)")
            let other = try await api.client().post(path, body, headers: headers)
            #expect(other.status == 202 && other.body != first.body)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a repeated answer keeps its duplicates`() async throws {
        try await TestAPI.run { api in
            let unique = #"{"kind":"noop","payload":{},"uniqueKey":"u"}"#
            _ = try await api.makeJob(unique)
            let first = try await api.client.post("/api/jobs", unique, headers: ["Idempotency-Key": "k"])
            #expect(first.bool("duplicate") == true)
            #expect(try await api.client.post("/api/jobs", unique, headers: ["Idempotency-Key": "k"]).body == first.body)
        }
    }

    @Test func `one of many at once is done, the others get its answer or are told to wait`() async throws {
        try await TestAPI.run { api in
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await api.client.post("/api/jobs", job, headers: ["Idempotency-Key": "k"]) } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
            for answer in answers { #expect(answer.status == 202 || answer.isProblem(409, "idempotency_in_progress"), "\(answer)") }
            #expect(Set(answers.filter { $0.status == 202 }.compactMap { $0.text("jobId") }).count == 1)
            #expect(answers.count { $0.status == 202 && $0.headers["idempotent-replayed"] == nil } == 1)
        }
    }

    @Test func `a key for one path is not one for another, and an odd key is refused`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.post("/api/jobs", job, headers: ["Idempotency-Key": "k"])
            let elsewhere = try await api.client.post("/api/jobs/batch", "[\(job)]", headers: ["Idempotency-Key": "k"])
            #expect(elsewhere.isProblem(422, "idempotency_key_reused"), "\(elsewhere)")
            let long = try await api.client.post("/api/jobs", job, headers: ["Idempotency-Key": String(repeating: "k", count: 256)])
            #expect(long.isProblem(400, "invalid_idempotency_key"), "\(long)")
        }
    }

    @Test func `a request that was refused does not use its key up`() async throws {
        try await TestAPI.run { api in
            let headers = ["Idempotency-Key": "k"]
            let refused = try await api.client.post("/api/jobs", "{}", headers: headers)
            #expect(refused.status == 422)
            let accepted = try await api.client.post("/api/jobs", job, headers: headers)
            #expect(accepted.status == 202)
        }
    }

    @Test func `a key is its caller's own, beside others of the workspace`() async throws {
        try await TestAPI.run { api in
            let headers = ["Idempotency-Key": "k"]
            let other = try await api.client(workspace: api.workspace, scopes: [.jobsWrite])
            let (mine, theirs) = (try await api.client.post("/api/jobs", job, headers: headers), try await other.post("/api/jobs", job, headers: headers))
            #expect(theirs.status == 202 && theirs.headers["idempotent-replayed"] == nil && theirs.text("jobId") != mine.text("jobId"), "\(theirs)")
            #expect(try await other.post("/api/jobs", job, headers: headers).body == theirs.body)
        }
    }

    /// The same body, the same key: what differs is the path alone.
    @Test func `a key for one thing is not one for another of its kind`() async throws {
        try await TestAPI.run { api in
            var runs: [String] = []
            for name in ["a", "b"] {
                let made = try await api.client.post("/api/schedules", #"{"name":"\#(name)","cron":"@daily","kind":"noop","payload":{}}"#)
                runs.append("/api/schedules/\(try #require(made.text("id")))/run")
            }
            #expect(try await api.client.post(runs[0], "{}", headers: ["Idempotency-Key": "k"]).status == 202)
            let other = try await api.client.post(runs[1], "{}", headers: ["Idempotency-Key": "k"])
            #expect(other.isProblem(422, "idempotency_key_reused"), "\(other)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
        }
    }
}
