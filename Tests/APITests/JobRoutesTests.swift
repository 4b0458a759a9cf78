import FoundationEssentials
import Primitives
import TestSupport
import Testing

@Suite struct JobRoutesTests {
    @Test func `a job is accepted and can be read, its payload to the byte`() async throws {
        try await TestAPI.run { api in
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let answer = try await api.client.post(
                "/api/jobs", #"{"kind":"noop","payload": {"n": 12345678901234567890.10, "s":"x\/y"},"lane":"eu:1","priority":-5,"maxAttempts":3}"#,
                headers: ["traceparent": trace])
            #expect(answer.status == 202, "\(answer)")
            #expect(answer.text("status") == "pending")
            let id = try #require(answer.text("jobId"))
            #expect(answer.text("links.self") == "/api/jobs/\(id)")
            let job = try await api.client.get("/api/jobs/\(id)")
            #expect(job.body.contains(#""payload":{"n": 12345678901234567890.10, "s":"x\/y"}"#), "\(job)")
            #expect(job.text("id") == id && job.text("kind") == "noop" && job.text("queue") == "default" && job.text("lane") == "eu:1")
            #expect(job.int("priority") == -5 && job.int("maxAttempts") == 3 && job.int("attempt") == 1 && job.count("attempts") == 0)
            #expect(job.text("traceparent") == trace)
            #expect(job.text("createdAt")?.utf8.count == 24)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `an invalid trace is replaced by one of ours`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["traceparent": "00-XYZ-1-01"])
            let job = try await api.client.get("/api/jobs/\(answer.text("jobId") ?? "")")
            #expect(job.text("traceparent")?.utf8.count == 55)
        }
    }

    @Test func `a job for later waits for its time`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob(#"{"kind":"noop","payload":{},"runAt":"2099-01-01T00:00:00+01:00"}"#)
            #expect(try await api.client.get("/api/jobs/\(id)").text("runAt") == "2098-12-31T23:00:00.000Z")
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE delayed") == 1)
        }
    }

    @Test(arguments: [
        (#"{"payload":{}}"#, "/kind"), (#"{"kind":"nope","payload":{}}"#, "/kind"), (#"{"kind":"webhook.deliver","payload":{}}"#, "/kind"),
        (#"{"kind":7,"payload":{}}"#, "/kind"), (#"{"kind":"noop"}"#, "/payload"), (#"{"kind":"noop","payload":null}"#, "/payload"),
        (#"{"kind":"noop","payload":[]}"#, "/payload"), (#"{"kind":"noop","payload":{},"queue":"nope"}"#, "/queue"),
        (#"{"kind":"noop","payload":{},"lane":"a b"}"#, "/lane"), (#"{"kind":"noop","payload":{},"lane":""}"#, "/lane"),
        (#"{"kind":"noop","payload":{},"priority":101}"#, "/priority"), (#"{"kind":"noop","payload":{},"priority":1.5}"#, "/priority"),
        (#"{"kind":"noop","payload":{},"priority":99999999999999999999}"#, "/priority"), (#"{"kind":"noop","payload":{},"runAt":"soon"}"#, "/runAt"),
        (#"{"kind":"noop","payload":{},"maxAttempts":0}"#, "/maxAttempts"), (#"{"kind":"noop","payload":{},"maxAttempts":101}"#, "/maxAttempts"),
        (#"{"kind":"noop","payload":{},"uniqueKey":"a\u0000b"}"#, "/uniqueKey"), (#"{"kind":"test.picky","payload":{}}"#, "/payload/name"),
        (#"{"kind":"test.picky","payload":{"name":5}}"#, "/payload/name"),
        (#"{"kind":"test.picky","payload":{"name":"a","inner":{"count":"x"}}}"#, "/payload/inner/count"),
    ])
    func `what is wrong with a job is pointed at`(body: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/jobs", body)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.texts("errors", "pointer").contains(pointer), "\(answer)")
            let batch = try await api.client.post("/api/jobs/batch", #"{"jobs":[{"kind":"noop","payload":{}},\#(body)]}"#)
            #expect(batch.isProblem(422, "validation_failed"), "\(batch)")
            #expect(batch.texts("errors", "pointer").contains("/jobs/1" + pointer), "\(batch)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test func `a unique key that is taken answers the pending job`() async throws {
        try await TestAPI.run { api in
            let body = #"{"kind":"noop","payload":{},"uniqueKey":"k"}"#
            let first = try await api.client.post("/api/jobs", body)
            let second = try await api.client.post("/api/jobs", body)
            #expect(second.status == 202)
            #expect(second.text("jobId") == first.text("jobId"))
            #expect(second.bool("duplicate") == true && first.value("duplicate") == nil)
            let other = try await api.client().post("/api/jobs", body)
            #expect(other.text("jobId") != first.text("jobId"))
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a batch is accepted as a whole, in order`() async throws {
        try await TestAPI.run { api in
            let jobs = (0..<1000).map { #"{"kind":"noop","payload":{"n":\#($0)}}"# }.joined(separator: ",")
            let answer = try await api.client.post("/api/jobs/batch", #"{"jobs":[\#(jobs)]}"#)
            #expect(answer.status == 202, "\(answer.status)")
            let ids = answer.texts("jobs", "jobId")
            #expect(Set(ids).count == 1000)
            #expect(ids == ids.sorted())
            #expect(try await api.client.get("/api/jobs/\(ids[17])").int("payload.n") == 17)
            #expect(try await api.number("SELECT sum(accepted)::int8 FROM ledger_counters") == 1000)
            #expect(try await api.client.post("/api/jobs/batch", #"{"jobs":[\#(jobs),{"kind":"noop","payload":{}}]}"#).status == 422)
            #expect(try await api.client.post("/api/jobs/batch", #"{"jobs":[]}"#).status == 422)
            #expect(try await api.client.post("/api/jobs/batch", #"[{"kind":"noop","payload":{}}]"#).status == 202)
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1001)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `workspaces do not see each other's jobs, nor share a lane`() async throws {
        try await TestAPI.run { api in
            let other = try await api.client()
            let body = #"{"kind":"noop","payload":{},"lane":"mine"}"#
            let id = try await api.makeJob(body)
            _ = try await other.post("/api/jobs", body)
            #expect(try await other.get("/api/jobs/\(id)").isProblem(404, "not_found"))
            #expect(try await other.get("/api/jobs?lane=mine").texts("data", "id").contains(id) == false)
            #expect(try await api.number("SELECT count(DISTINCT lane) FROM jobs") == 2)
            let named = try await other.post("/api/jobs", #"{"kind":"noop","payload":{},"lane":"\#(api.workspace)"}"#)
            #expect(named.status == 202)
            let usual = try await api.makeJob()
            #expect(try await api.client.get("/api/jobs/\(usual)").text("lane") == api.workspace.description)
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE lane = '\(api.workspace)'") == 1)
            #expect(try await api.client.get("/api/jobs?lane=\(api.workspace)").texts("data", "id") == [usual])
        }
    }
}
