import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct OperatorActionRoutesTests {
    private func record(_ api: TestAPI, _ action: String, actor: String = "cli", jobs: [JobID] = [], detail: String? = nil) async throws {
        try await api.pool.withTransaction { connection in
            try await OperatorActionTable.record(workspace: api.workspace, actor: actor, action: action, jobs: jobs, detail: detail, on: connection)
        }
    }

    @Test func `what operators did is listed newest first, by action, actor and time, and to their own workspace only`() async throws {
        try await TestAPI.run { api in
            let job = IdentifierSource.system.next(JobRow.self)
            try await record(api, "lanes.park", jobs: [job], detail: #"{"reason":"it burns"}"#)
            try await record(api, "lanes.unpark")
            try await record(api, "jobs.cancel", actor: "key_x")
            let all = try await api.client.get("/api/operator-actions")
            #expect(all.texts("data", "action") == ["jobs.cancel", "lanes.unpark", "lanes.park"], "\(all)")
            #expect(all.text("data.2.detail.reason") == "it burns" && all.value("data.2.jobIds") as? [String] == [job.description])
            #expect(all.value("data.1.detail") is String == false && all.count("data.1.jobIds") == 0)
            let first = try await api.client.get("/api/operator-actions?limit=2")
            let next = try #require(first.text("nextCursor"))
            #expect(try await api.client.get("/api/operator-actions?cursor=\(next)").texts("data", "action") == ["lanes.park"])
            #expect(try await api.client.get("/api/operator-actions?action=lanes.park").count("data") == 1)
            #expect(try await api.client.get("/api/operator-actions?actor=key_x").texts("data", "action") == ["jobs.cancel"])
            #expect(try await api.client.get("/api/operator-actions?since=2001-01-01T00:00:00Z&until=2002-01-01T00:00:00Z").count("data") == 0)
            #expect(try await api.client.get("/api/operator-actions?since=yesterday").isProblem(422, "validation_failed"))
            #expect(try await api.client().get("/api/operator-actions").count("data") == 0)
            #expect(try await api.client(workspace: api.workspace, scopes: [.jobsRead]).get("/api/operator-actions").isProblem(403, "missing_scope"))
        }
    }

    @Test func `an action that is rolled back is not recorded, and ids beyond a bound are cut`() async throws {
        try await TestAPI.run { api in
            await #expect(throws: Unexpected.self) {
                try await api.pool.withTransaction { connection in
                    try await OperatorActionTable.record(workspace: api.workspace, actor: "cli", action: "lanes.park", on: connection)
                    throw Unexpected(description: "the lane is gone")
                }
            }
            let jobs = (0..<OperatorActionTable.mostJobs + 1).map { _ in IdentifierSource.system.next(JobRow.self) }
            try await record(api, "dead_letters.replay", jobs: jobs)
            let answer = try await api.client.get("/api/operator-actions")
            #expect(answer.count("data") == 1 && answer.count("data.0.jobIds") == OperatorActionTable.mostJobs)
        }
    }
}
