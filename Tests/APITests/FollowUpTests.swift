import FoundationEssentials
import Primitives
import TestSupport
import Testing

/// `then`, `uniqueFor`, `deadline`, `notAfter` and `laneKey` over HTTP.
@Suite struct FollowUpTests {
    @Test func `what follows a job is accepted with it and waits`() async throws {
        try await TestAPI.run { api in
            let body = #"""
                {"kind":"noop","payload":{},"then":[{"kind":"noop","payload":{"n":1},"then":{"kind":"noop","payload":{"n":2}}},{"kind":"noop","payload":{}}]}
                """#
            let answer = try await api.client.post("/api/jobs", body, headers: ["Idempotency-Key": "a"])
            #expect(answer.status == 202 && answer.count("then") == 2 && answer.count("then.0.then") == 1, "\(answer)")
            let replayed = try await api.client.post("/api/jobs", body, headers: ["Idempotency-Key": "a"])
            #expect(replayed.body == answer.body)
            let (root, inner) = (try #require(answer.text("jobId")), try #require(answer.text("then.0.jobId")))
            let first = try await api.client.get("/api/jobs/\(root)")
            #expect(first.value("then") as? [String] == [inner, answer.text("then.1.jobId") ?? ""] && first.count("blockedBy") == 0, "\(first)")
            let job = try await api.client.get("/api/jobs/\(inner)")
            #expect(job.value("blockedBy") as? [String] == [root] && job.text("runAt") == nil && job.text("status") == "pending", "\(job)")
            #expect(try await api.client.get("/api/jobs").count("data") == 4)
            #expect(try await api.number("SELECT sum(accepted)::int8 FROM ledger_counters") == 4)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a batch is followed by jobs that wait for all of it`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/jobs/batch", #"{"jobs":[{"kind":"noop","payload":{}},{"kind":"noop","payload":{}}],"then":{"kind":"noop","payload":{}}}"#)
            let last = try #require(answer.text("then.0.jobId"))
            let job = try await api.client.get("/api/jobs/\(last)")
            #expect(job.value("blockedBy") as? [String] == answer.texts("jobs", "jobId"), "\(job)")
        }
    }

    @Test func `a job that would be cancelled before it may begin is refused`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/jobs", #"{"kind":"noop","payload":{},"runAt":"2030-01-02T00:00:00Z","notAfter":"2030-01-01T00:00:00Z"}"#)
            #expect(answer.isProblem(409, "never_runs") && answer.texts("errors", "pointer") == ["/notAfter"], "\(answer)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test(arguments: [
        (#""then":[]"#, "/then"), (#""then":5"#, "/then"), (#""then":{"kind":"nope","payload":{}}"#, "/then/kind"),
        (#""then":[{"kind":"noop","payload":{}},{"kind":"noop"}]"#, "/then/1/payload"), (#""uniqueFor":5"#, "/uniqueFor"),
        (#""uniqueKey":"k","uniqueFor":0"#, "/uniqueFor"), (#""deadline":0"#, "/deadline"), (#""deadline":86401"#, "/deadline"),
        (#""laneKey":"a b""#, "/laneKey"), (#""notAfter":"soon""#, "/notAfter"),
    ])
    func `what is wrong with the conditions of a job is pointed at`(members: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},\#(members)}"#)
            #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer").contains(pointer), "\(answer)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    private static func chain(_ depth: Int) -> String {
        let then = depth > 0 ? ",\"then\":" + chain(depth - 1) : ""
        return "{\"kind\":\"noop\",\"payload\":{}\(then)}"
    }

    private static func wide(_ count: Int) -> String { "[" + Array(repeating: chain(0), count: count).joined(separator: ",") + "]" }

    @Test func `follow-ups are bounded in depth, in number and in all`() async throws {
        try await TestAPI.run { api async throws in
            #expect(try await api.client.post("/api/jobs", Self.chain(5)).status == 202)
            #expect(try await api.client.post("/api/jobs", Self.chain(6)).isProblem(422, "validation_failed"))
            #expect(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},"then":\#(Self.wide(20))}"#).status == 202)
            #expect(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},"then":\#(Self.wide(21))}"#).status == 422)
            #expect(try await api.client.post("/api/jobs/batch", #"{"jobs":\#(Self.wide(999)),"then":\#(Self.wide(2))}"#).status == 422)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `the conditions of a job are stored and shown`() async throws {
        try await TestAPI.run { api in
            let body = #"{"kind":"noop","payload":{},"uniqueKey":"k","uniqueFor":60,"deadline":5,"laneKey":"a","notAfter":"2099-01-01T00:00:00Z"}"#
            let id = try await api.makeJob(body)
            let job = try await api.client.get("/api/jobs/\(id)")
            #expect(job.int("deadline") == 5 && job.text("laneKey") == "a" && job.text("notAfter") == "2099-01-01T00:00:00.000Z", "\(job)")
            #expect(job.int("payloadVersion") == 1)
            try await api.bury(id)
            let second = try await api.client.post("/api/jobs", body)
            #expect(second.text("jobId") == id && second.bool("duplicate") == true)
        }
    }
}
