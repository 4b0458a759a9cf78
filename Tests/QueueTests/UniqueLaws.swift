import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Unique keys, until a job has ended or for a period.
@Suite struct UniqueLaws {
    private func keyed(_ queue: QueueFixture, period: Int64? = 3_600_000_000, key: String = "k") -> NewJob {
        var job = queue.newJobs(1)[0]
        (job.uniqueKey, job.uniqueFor) = (key, period)
        return job
    }

    private func settle(_ queue: QueueFixture, _ job: JobID, _ ending: Settlement.Ending = .succeeded) async throws {
        let verdict = try await queue.withSettlements { try await $0.settle(Settlement(job: job, attempt: 1, ending: ending, duration: 1)) }
        #expect(verdict == .applied)
    }

    @Test func `a job unique for a period names the one that has ended`() async throws {
        try await QueueFixture.run { queue in
            let first = keyed(queue)
            try await queue.accept([first])
            try await settle(queue, first.id)
            for period in [nil, Int64(5_000_000)] {
                #expect(try await queue.accept([keyed(queue, period: period)]) == [AcceptedJob(id: first.id, isDuplicate: true, delay: 0)])
            }
            #expect(try await queue.accept([keyed(queue, key: "other")])[0].isDuplicate == false)
            #expect(try await queue.audit.books().accepted == 2)
        }
    }

    @Test func `a period that is over frees its key`() async throws {
        try await QueueFixture.run { queue in
            let first = keyed(queue), second = keyed(queue)
            try await queue.accept([first])
            _ = try await queue.pool.query("UPDATE unique_keys SET expires_at = now()")
            #expect(try await queue.accept([second])[0].id == first.id, "it is pending yet")
            try await settle(queue, first.id)
            #expect(try await queue.accept([second])[0] == AcceptedJob(id: second.id, isDuplicate: false, delay: 0))
            #expect(try await queue.accept([keyed(queue)])[0].id == second.id)
            _ = try await queue.pool.query("UPDATE unique_keys SET expires_at = now()")
            try await UniquePeriods.prune(on: queue.pool)
            #expect(try await queue.pool.query("SELECT 1 FROM unique_keys").isEmpty)
        }
    }

    @Test func `of many rivals for a key one is accepted and all are told which`() async throws {
        try await QueueFixture.run { queue in
            let jobs = (0..<30).map { _ in keyed(queue) }
            let ids = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for index in stride(from: 0, to: jobs.count, by: 3) {
                    group.addTask { try await queue.accept(Array(jobs[index..<index + 3])).map(\.id) }
                }
                var ids: Set<JobID> = []
                for try await some in group { ids.formUnion(some) }
                return ids
            }
            #expect(ids.count == 1)
            let books = try await queue.audit.books()
            #expect(books.accepted == 1 && books.differences == [])
        }
    }

    @Test func `a pending job without a period has its key, and a replayed one comes back within its period`() async throws {
        try await QueueFixture.run { queue in
            let plain = keyed(queue, period: nil)
            try await queue.accept([plain])
            #expect(try await queue.accept([keyed(queue)])[0].id == plain.id)
            #expect(try await queue.pool.query("SELECT 1 FROM unique_keys").isEmpty, "what was not accepted claims nothing")
            let other = keyed(queue, key: "other")
            try await queue.accept([other])
            try await settle(queue, other.id, .dead)
            let report = try await DeadLetterTable(pool: queue.pool).move(.ids([other.id]), by: .replay, workspace: queue.workspace, actor: "x")
            #expect(report.doneCount == 1)
            #expect(try await queue.accept([keyed(queue, key: "other")])[0].id == other.id)
        }
    }
}
