import API
import FoundationEssentials
import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

/// What can be done with a job after it was accepted.
@Suite struct JobActionTests {
    @Test func `a waiting job is cancelled with a reason, once, and can be run again`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            let early = try await api.client.post("/api/jobs/\(id)/cancel", #"{"reason":"a mistake"}"#)
            #expect(early.status == 202 && early.text("status") == "cancelling", "without an index nobody knows whether it runs: \(early)")
            try await api.openIndex()
            for reason in ["a mistake", "another one"] {
                let answer = try await api.client.post("/api/jobs/\(id)/cancel", #"{"reason":"\#(reason)"}"#)
                #expect(answer.status == 200 && answer.text("status") == "cancelled", "\(answer)")
            }
            let job = try await api.client.get("/api/jobs/\(id)")
            #expect(job.text("status") == "cancelled" && job.text("cancelReason") == "a mistake" && job.text("errorClass") == "cancelled")
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE action = 'jobs.cancel'") == 1)
            let retried = try await api.client.send("POST", "/api/jobs/\(id)/retry")
            #expect(retried.status == 202 && retried.text("status") == "pending", "\(retried)")
            let again = try await api.client.get("/api/jobs/\(id)")
            #expect(again.text("status") == "pending" && again.int("attempt") == 2 && again.text("cancelReason") == nil)
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/retry").isProblem(409, "job_not_retryable"))
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a dead job runs again, and what has ended is not cancelled`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob(#"{"kind":"noop","payload":{},"uniqueKey":"k"}"#)
            try await api.bury(id)
            let refused = try await api.client.send("POST", "/api/jobs/\(id)/cancel")
            #expect(refused.isProblem(409, "job_has_ended") && refused.text("detail")?.contains("dead") == true, "\(refused)")
            let other = try await api.makeJob(#"{"kind":"noop","payload":{},"uniqueKey":"k"}"#)
            #expect(other != id)
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/retry").isProblem(409, "unique_key_taken"))
            try await api.bury(other)
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/retry").status == 202)
            #expect(try await api.client.get("/api/jobs/\(id)").text("status") == "pending")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `nobody cancels or retries another workspace's job, nor without the scope`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            for action in ["cancel", "retry"] {
                #expect(try await api.client().send("POST", "/api/jobs/\(id)/\(action)").isProblem(404, "not_found"))
                #expect(try await api.client.send("POST", "/api/jobs/job_nonsense/\(action)").isProblem(404, "not_found"))
                let reader = try await api.client(workspace: api.workspace, scopes: [.jobsRead])
                #expect(try await reader.send("POST", "/api/jobs/\(id)/\(action)").isProblem(403, "missing_scope"))
            }
            let misspelled = try await api.client.post("/api/jobs/\(id)/cancel", #"{"reasn":"x"}"#)
            #expect(misspelled.isProblem(422, "validation_failed"))
            #expect(try await api.client.get("/api/jobs/\(id)").text("status") == "pending")
        }
    }

    @Test func `whoever prefers to wait gets the result when it is there in time`() async throws {
        try await TestAPI.run { api in
            async let answer = api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["Prefer": "respond-async, wait=20"])
            var found: JobID?
            try await eventually("it is accepted") {
                found = try await api.pool.query("SELECT id FROM jobs").first.map { JobID(try $0.id(0)) }
                return found != nil
            }
            let id = try #require(found)
            _ = try await api.settlements.settle(Settlement(job: id, attempt: 1, ending: .succeeded, duration: 5, result: #"{"sum": 4}"#))
            let finished = try await answer
            #expect(finished.status == 200 && finished.text("jobId") == id.description, "\(finished)")
            #expect(finished.text("status") == "succeeded" && finished.int("result.sum") == 4)
            #expect(finished.headers["preference-applied"] == "wait=20")
            let late = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["Prefer": "wait=1"])
            #expect(late.status == 202 && late.text("status") == "pending")
        }
    }

    @Test func `lists can be narrowed to a time and a unique key`() async throws {
        try await TestAPI.run { api in
            let old = try await api.makeJob()
            _ = try await api.pool.query("UPDATE jobs SET created_at = '2020-01-01 00:00:00+00'")
            let new = try await api.makeJob(#"{"kind":"noop","payload":{},"uniqueKey":"k"}"#)
            #expect(try await api.client.get("/api/jobs?createdBefore=2020-01-02T00:00:00Z").texts("data", "id") == [old])
            #expect(try await api.client.get("/api/jobs?createdAfter=2020-01-02T00:00:00Z").texts("data", "id") == [new])
            #expect(try await api.client.get("/api/jobs?uniqueKey=k").texts("data", "id") == [new])
            #expect(try await api.client.get("/api/jobs?createdAfter=soon").isProblem(422, "validation_failed"))
        }
    }

    @Test func `nobody waits longer than 30 seconds, whatever he prefers`() async throws {
        try await TestAPI.run { api in
            async let answer = api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["Prefer": "wait=3600"])
            var found: JobID?
            try await eventually("it is accepted") {
                found = try await api.pool.query("SELECT id FROM jobs").first.map { JobID(try $0.id(0)) }
                return found != nil
            }
            _ = try await api.settlements.settle(Settlement(job: try #require(found), attempt: 1, ending: .succeeded, duration: 5))
            let finished = try await answer
            #expect(finished.status == 200 && finished.headers["preference-applied"] == "wait=30", "\(finished)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `past its bound a request is not waited for, the others are`() async throws {
        try await TestAPI.run { api in
            let job = try #require(JobID(try await api.makeJob()))
            let waiter = ResultWaiter(pool: api.pool, most: 2)
            try await withThrowingTaskGroup { group in
                for _ in 0..<3 { group.addTask { await waiter.ended(job, within: .seconds(3600)) } }
                #expect(try await group.next() == false, "before the job has ended only a refused one is answered")
                _ = try await api.settlements.settle(Settlement(job: job, attempt: 1, ending: .succeeded, duration: 5))
                #expect(try await group.next() == true)
                #expect(try await group.next() == true)
            }
        }
    }
}
