import Ledger
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import TestSupport
import Testing

/// A replay or a discard of many is done by the leader, step by step, through any crash.
@Suite struct DeadLetterOperationLaws {
    private func operations(_ queue: QueueFixture) -> DeadLetterOperationTable { DeadLetterOperationTable(pool: queue.pool) }

    private func lead(_ queue: QueueFixture, as holder: String = "s1") async throws -> (Leadership, LeaderTerm) {
        let leadership = Leadership(pool: queue.pool, holder: holder, lease: .seconds(120))
        return (leadership, try #require(try await leadership.claim()))
    }

    private func begin(
        _ queue: QueueFixture, _ move: DeadLetterMove = .replay, filter: DeadLetterFilter = DeadLetterFilter(), limit: Int? = nil, rate: Int32? = nil,
        workspace: WorkspaceID? = nil
    ) async throws -> DeadLetterOperation {
        let start = try await operations(queue).begin(
            move, of: .matching(filter, limit: limit), rate: rate, workspace: workspace ?? queue.workspace, author: "key_x")
        guard case .begun(let operation) = start else { throw NeverHappened("the operation was answered with \(start)") }
        return operation
    }

    private func now(_ queue: QueueFixture, _ id: DeadLetterOperationID) async throws -> DeadLetterOperation {
        try #require(try await operations(queue).find(id, workspace: queue.workspace))
    }

    /// As if so much time had passed since the last step.
    private func pass(_ interval: String, _ queue: QueueFixture) async throws {
        _ = try await queue.pool.query("UPDATE dead_letter_operations SET next_at = now() - $1::interval", [.text(interval)])
    }

    private func moved(_ step: DeadLetterOperationTable.Step) -> Int? {
        if case .moved(let jobs) = step { jobs.count } else { nil }
    }

    @Test func `an operation goes on where its leader died, and a former leader moves nothing`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.buried(25)
            let (first, term) = try await lead(queue)
            let operation = try await begin(queue, rate: 10)
            #expect(operation.total == 25 && operation.state == .running)
            try await pass("1 second", queue)
            #expect(moved(try await operations(queue).step(operation.id, term: term)) == 10)
            try await first.resign(term)
            let (_, nextTerm) = try await lead(queue, as: "s2")
            try await pass("1 second", queue)
            await #expect(throws: LedgerError.self) { try await operations(queue).step(operation.id, term: term) }
            #expect(try await now(queue, operation.id).done == 10, "a former leader's step is refused")
            var steps: [Int?] = []
            while try await now(queue, operation.id).state == .running {
                steps.append(moved(try await operations(queue).step(operation.id, term: nextTerm)))
                try await pass("1 second", queue)
            }
            #expect(steps.compactMap(\.self).reduce(0, +) == 15)
            let ended = try await now(queue, operation.id)
            #expect(ended.state == .done && ended.done == 25 && ended.skipped == 0 && ended.endedAt != nil)
            for job in jobs { #expect(try await queue.state(of: job.id) == ("pending", 2, 0)) }
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a step that dies in the middle has moved nothing`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.buried(5)
            let (_, term) = try await lead(queue)
            let operation = try await begin(queue)
            let operations = operations(queue)
            try await queue.pool.withTransaction { holder in
                // The last row is somebody else's for a while: the step has locked the others, and waits.
                _ = try await holder.query("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", [.id(jobs[4].id.value)])
                let stepping = Task { try await operations.step(operation.id, term: term) }
                try await eventually("the step waits, and its connection is cut") {
                    try await queue.pool.query(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    ).count > 0
                }
                await #expect(throws: (any Error).self) { try await stepping.value }
            }
            #expect(try await now(queue, operation.id).processed == 0)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 5)
            #expect(moved(try await operations.step(operation.id, term: term)) == 5)
            #expect(try await queue.number("SELECT count(*) FROM integration_log WHERE outcome = 'replayed'") == 5)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `two that believe to lead never move one job twice`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.buried(40)
            let (_, term) = try await lead(queue)
            let operation = try await begin(queue, rate: 5)
            while try await now(queue, operation.id).state == .running {
                try await pass("1 second", queue)
                try await withThrowingTaskGroup { group in
                    for _ in 0..<4 { group.addTask { _ = try await operations(queue).step(operation.id, term: term) } }
                    try await group.waitForAll()
                }
            }
            #expect(try await now(queue, operation.id).done == 40)
            for job in jobs { #expect(try await queue.state(of: job.id).attempt == 2) }
            #expect(try await queue.number("SELECT count(*) FROM integration_log WHERE outcome = 'replayed'") == 40)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a job that dies again, or after the beginning, is left to the next operation`() async throws {
        try await QueueFixture.run { queue in
            let old = try await queue.buried(3)
            let (_, term) = try await lead(queue)
            let operation = try await begin(queue, rate: 2)
            #expect(moved(try await operations(queue).step(operation.id, term: term)) ?? 0 >= 1)
            try await queue.bury([old[0]], attempt: 2)
            let late = try await queue.buried(2)
            while try await now(queue, operation.id).state == .running {
                try await pass("1 second", queue)
                _ = try await operations(queue).step(operation.id, term: term)
            }
            #expect(try await now(queue, operation.id).done == 3)
            #expect(try await queue.state(of: old[0].id) == ("dead", 2, 1))
            for job in late { #expect(try await queue.state(of: job.id).state == "dead") }
            #expect(try await begin(queue).total == 3)
        }
    }

    @Test func `cancel stops an operation for good, and what is done stays done`() async throws {
        try await QueueFixture.run { queue in
            _ = try await queue.buried(10)
            let (_, term) = try await lead(queue)
            let operation = try await begin(queue, .discard, rate: 4)
            try await pass("1 second", queue)
            _ = try await operations(queue).step(operation.id, term: term)
            guard case .done(let cancelled) = try await operations(queue).steer(
                operation.id, .cancel, workspace: queue.workspace, actor: "key_x")
            else { throw NeverHappened("a running operation can be cancelled") }
            #expect(cancelled.state == .cancelled && cancelled.done == 4 && cancelled.endedAt != nil)
            try await pass("1 second", queue)
            guard case .idle = try await operations(queue).step(operation.id, term: term) else { throw NeverHappened("it is over") }
            #expect(try await operations(queue).running(limit: 10, term: term).isEmpty)
            guard case .over = try await operations(queue).steer(operation.id, .resume, workspace: queue.workspace, actor: "key_x") else {
                throw NeverHappened("it cannot be resumed")
            }
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") == 4)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 6)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `neither a pause nor an outage makes a burst`() async throws {
        try await QueueFixture.run { queue in
            _ = try await queue.buried(60)
            let (_, term) = try await lead(queue)
            let operation = try await begin(queue, rate: 10)
            func steer(_ steering: DeadLetterOperationTable.Steering) async throws {
                _ = try await operations(queue).steer(operation.id, steering, workspace: queue.workspace, actor: "cli")
            }
            #expect(moved(try await operations(queue).step(operation.id, term: term)) ?? 0 >= 1)
            try await steer(.pause)
            #expect(moved(try await operations(queue).step(operation.id, term: term)) == nil, "a paused one does not move")
            try await pass("1 hour", queue)
            try await steer(.resume)
            let afterPause = try #require(moved(try await operations(queue).step(operation.id, term: term)))
            #expect((1..<10).contains(afterPause), "it goes on at its rate from the resumption: \(afterPause)")
            try await pass("1 hour", queue)
            #expect(moved(try await operations(queue).step(operation.id, term: term)) == 10, "a second's worth, no more")
            #expect(moved(try await operations(queue).step(operation.id, term: term)) ?? 0 < 10)
        }
    }

    @Test func `the leader keeps the rate and tells the index`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.buried(30)
            let (_, term) = try await lead(queue)
            let started = ContinuousClock.now
            let operation = try await begin(queue, rate: 20)
            try await DeadLetterMover(operations: operations(queue), map: queue.map, redis: queue.redis, logger: queue.logger).run(term: term)
            #expect(ContinuousClock.now - started >= .milliseconds(1400), "30 jobs at 20/s, the first one at once")
            #expect(try await now(queue, operation.id).state == .done)
            try await queue.join("w1")
            let claims = try await queue.step().claims
            #expect(Set(claims.map(\.id)) == Set(jobs.map(\.id)))
            #expect(claims.allSatisfy { $0.entry == .secondHand })
        }
    }

    @Test func `an operation is for its filter, its limit and its workspace, and counts what it skips`() async throws {
        try await QueueFixture.run { queue in
            let taken = try await queue.buried(2, uniqueKey: "k")
            let plain = try await queue.buried(4)
            let other = try await queue.buried(2, errorClass: "other")
            let (_, term) = try await lead(queue)
            let stranger = try await begin(queue, workspace: IdentifierSource.system.next())
            #expect(stranger.total == 0)
            #expect(try await operations(queue).find(stranger.id, workspace: queue.workspace) == nil)
            let operation = try await begin(queue, filter: DeadLetterFilter(errorClass: "timeout"), limit: 5)
            #expect(operation.total == 5)
            _ = try await DeadLetterMover(operations: operations(queue), map: queue.map, redis: queue.redis, logger: queue.logger).round(term: term)
            let ended = try await now(queue, operation.id)
            #expect(ended.state == .done && ended.done == 4 && ended.skipped == 1, "\(ended)")
            #expect(try await queue.state(of: taken[0].id).state == "pending")
            #expect(try await queue.state(of: taken[1].id).state == "dead", "its unique key is taken by the first one")
            #expect(try await queue.state(of: plain[3].id).state == "dead", "beyond the limit")
            for job in other { #expect(try await queue.state(of: job.id).state == "dead") }
        }
    }
}
