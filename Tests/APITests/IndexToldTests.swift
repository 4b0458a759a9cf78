import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// Work that is put in again is told to the index by the API itself. No scheduler runs here whose sweep would find it.
@Suite struct IndexToldTests {
    /// A worker as the index sees it.
    private struct Hand {
        let index: LaneIndex

        init(_ api: TestAPI) async throws {
            try await api.openIndex()
            index = LaneIndex(shard: api.queues.shards(of: "default")[0], redis: api.redis)
            _ = try await index.reassert(worker: "hand", session: 1, holding: [])
        }

        /// What it gets from the index in one step.
        func step(settled: [JobID] = []) async throws -> [JobID] {
            let answer = try await index.step(worker: "hand", epoch: "1", session: 1, settled: settled, returned: [], want: 100)
            guard case .stepped(let step) = answer else {
                throw Unexpected(description: "the index is not there")
            }
            return step.claims.map(\.id)
        }

        func get(_ job: String) async throws {
            let wanted = JobID(job)
            try await eventually("\(job) is given out", within: .seconds(5)) { try await step().contains { $0 == wanted } }
        }

        /// Takes a job, which dies.
        func bury(_ job: String, _ api: TestAPI) async throws {
            try await get(job)
            try await api.bury(job)
            #expect(try await step(settled: [JobID(job)].compactMap(\.self)) == [])
        }
    }

    @Test func `a replayed letter is given out`() async throws {
        try await TestAPI.run { api in
            let hand = try await Hand(api)
            let id = try await api.makeJob()
            try await hand.bury(id, api)
            let answer = try await api.client.post("/api/dead-letters/replay", #"{"ids":["\#(id)"]}"#)
            #expect(answer.int("replayed") == 1, "\(answer)")
            try await hand.get(id)
        }
    }

    @Test func `a dead job that is tried again is given out`() async throws {
        try await TestAPI.run { api in
            let hand = try await Hand(api)
            let id = try await api.makeJob()
            try await hand.bury(id, api)
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/retry").status == 202)
            try await hand.get(id)
        }
    }

    @Test func `a cancelled job that is revived is given out`() async throws {
        try await TestAPI.run { api in
            let hand = try await Hand(api)
            let id = try await api.makeJob()
            let job = try #require(JobID(id))
            try await eventually("the index has it") {
                try await hand.index.missing(of: [job], in: api.workspace.description)?.ids == []
            }
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/cancel").status == 200)
            #expect(try await hand.step() == [], "the index has let go of it")
            #expect(try await api.client.send("POST", "/api/jobs/\(id)/retry").status == 202)
            try await hand.get(id)
        }
    }

    @Test func `a schedule that is run now has its job given out`() async throws {
        try await TestAPI.run { api in
            let hand = try await Hand(api)
            let body = #"{"name":"yearly","cron":"@yearly","kind":"noop","payload":{},"lane":"reports"}"#
            let schedule = try #require(try await api.client.post("/api/schedules", body).text("id"))
            let job = try #require(try await api.client.send("POST", "/api/schedules/\(schedule)/run").text("jobId"))
            try await hand.get(job)
        }
    }
}
