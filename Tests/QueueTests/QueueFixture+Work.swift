import Ledger
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import Synchronization
import TestSupport

/// What the laws about single jobs have in common.
extension QueueFixture {
    var cancellation: JobCancellation { JobCancellation(pool: pool) }
    var canceller: JobCanceller { JobCanceller(map: map, pool: pool, redis: redis, tuning: index.tuning, logger: logger) }
    var table: JobTable { JobTable(pool: pool) }

    /// Runs one worker for the time of the body; it stops in good order. What becomes free is pushed as a worker process does.
    func withWorker(
        _ kinds: ScriptedKinds, slots: Int = 16, patience: Duration = .seconds(5), broker: AttemptBroker? = nil,
        _ body: (QueueRunner) async throws -> Void
    ) async throws {
        let pusher = IndexPusher(map: map, redis: redis, tuning: index.tuning, logger: logger)
        let settlements = SettlementWriter(pool: pool, logger: logger) { pusher.push(freed: $0) }
        let runner = QueueRunner(
            index: index, worker: namespace(), kinds: kinds, confirmation: JobConfirmation(pool: pool), settlements: settlements, waiting: waiting,
            settings: QueueRunner.Settings(slots: slots, drain: .milliseconds(100), patience: patience), broker: broker, logger: logger)
        let group = ServiceGroup(services: [pusher, settlements, runner], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(runner)
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func withSettlements<Result: Sendable>(_ body: (SettlementWriter) async throws -> Result) async throws -> Result {
        let settlements = SettlementWriter(pool: pool, logger: logger)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await settlements.run() }
            defer { group.cancelAll() }
            return try await body(settlements)
        }
    }

    @discardableResult
    func accept(_ jobs: [NewJob], follows: [JobFollow] = []) async throws -> [AcceptedJob] {
        try await withWriter { writer in
            guard case .done(let accepted) = try await writer.accept(JobWriter.Request(jobs: jobs, follows: follows)) else {
                throw NeverHappened("the jobs are accepted")
            }
            return accepted
        }
    }

    /// Each of the followers waits for all of the predecessors.
    @discardableResult
    func accept(_ predecessors: [NewJob], then followers: [NewJob]) async throws -> [AcceptedJob] {
        var jobs = predecessors
        for index in jobs.indices { jobs[index].hasFollowers = true }
        var follows: [JobFollow] = []
        for var follower in followers {
            follower.blockedBy = Int32(predecessors.count)
            jobs.append(follower)
            follows += predecessors.map { JobFollow(predecessor: $0.id, follower: follower.id) }
        }
        return try await accept(jobs, follows: follows)
    }

    func find(_ id: JobID) async throws -> JobTable.Found {
        guard let found = try await table.find(id, workspace: workspace) else { throw NeverHappened("job \(id) is in the ledger") }
        return found
    }

    func lead(_ holder: String = "s1") async throws -> LeaderTerm {
        guard let term = try await Leadership(pool: pool, holder: holder, lease: .seconds(120)).claim() else { throw NeverHappened("it leads") }
        return term
    }
}
