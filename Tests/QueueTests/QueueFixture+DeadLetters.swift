import Ledger
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import TestSupport

extension QueueFixture {
    func number(_ sql: String) async throws -> Int64 { try await pool.query(sql).first?.int64(0) ?? -1 }

    /// Jobs that were accepted and died, one after another.
    func buried(_ count: Int, errorClass: String = "timeout", uniqueKey: String? = nil) async throws -> [NewJob] {
        var jobs = newJobs(count)
        for index in jobs.indices { jobs[index].uniqueKey = uniqueKey }
        for batch in uniqueKey == nil ? [jobs] : jobs.map({ [$0] }) { try await bury(commit(batch), errorClass: errorClass) }
        return jobs
    }

    /// As a worker settles what failed for the last time.
    func bury(
        _ jobs: [NewJob], attempt: Int32 = 1, errorClass: String = "timeout", message: (Int) -> String = { "it took \($0) ms" }
    ) async throws {
        try await settle(jobs.map(\.id), attempt: attempt, ending: .dead, errorClass: errorClass, message: message)
    }

    func settle(
        _ jobs: [JobID], attempt: Int32, ending: Settlement.Ending, errorClass: String? = nil, message: (Int) -> String = { _ in "" }
    ) async throws {
        let settlements = jobs.enumerated().map { index, id in
            Settlement(
                job: id, attempt: attempt, ending: ending, errorClass: errorClass, errorMessage: errorClass == nil ? nil : message(index), duration: 1)
        }
        let writer = SettlementWriter(pool: pool, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await writer.run() }
            defer { group.cancelAll() }
            for settlement in settlements {
                guard case .applied = try await writer.settle(settlement) else { throw NeverHappened("\(settlement.job) was refused") }
            }
        }
    }
}
