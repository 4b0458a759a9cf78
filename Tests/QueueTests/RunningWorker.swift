import Ledger
import Logging
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import Synchronization
import TestSupport

/// A kind whose outcome a test decides, and which remembers its runs.
final class ScriptedKinds: KindRunner {
    let runs = Mutex<[RunnableJob]>([])
    let deadline: Duration
    private let act: @Sendable (RunnableJob) async -> Outcome

    init(deadline: Duration = .seconds(30), _ act: @escaping @Sendable (RunnableJob) async -> Outcome) {
        self.deadline = deadline
        self.act = act
    }

    func policy(of kind: String) -> RunPolicy? {
        kind == "unheard.of" ? nil : RunPolicy(retry: .exponential(base: .milliseconds(1), cap: .milliseconds(5)), deadline: deadline)
    }

    func perform(_ job: RunnableJob) async -> Outcome {
        runs.withLock { $0.append(job) }
        return await act(job)
    }

    func attempts(of id: JobID) -> [Int32] { runs.withLock { $0.filter { $0.id == id }.map(\.attempt) } }
}

/// Runs one worker over the fixture for the time of the body; it stops in good order.
func withWorker(
    _ queue: QueueFixture, _ kinds: ScriptedKinds, slots: Int = 16, drain: Duration = .seconds(5), _ body: (ServiceGroup) async throws -> Void
) async throws {
    let settlements = SettlementWriter(pool: queue.pool, logger: queue.logger)
    let runner = QueueRunner(
        index: queue.index, worker: namespace(), kinds: kinds, confirmation: JobConfirmation(pool: queue.pool), settlements: settlements,
        waiting: queue.waiting, settings: QueueRunner.Settings(slots: slots, drain: drain), logger: queue.logger)
    let group = ServiceGroup(services: [settlements, runner], logger: queue.logger)
    try await withThrowingTaskGroup { tasks in
        tasks.addTask { try await group.run() }
        try await body(group)
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
