import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What an operation does when it is held up: by another leader, by an operator, by jobs that it has to leave, by a fault of its own.
@Suite struct DeadLetterSteeringLaws {
    private func operations(_ queue: QueueFixture) -> DeadLetterOperationTable { DeadLetterOperationTable(pool: queue.pool) }

    private func begin(
        _ queue: QueueFixture, _ move: DeadLetterMove = .discard, filter: DeadLetterFilter = DeadLetterFilter(), rate: Int32? = nil
    ) async throws -> DeadLetterOperation {
        let start = try await operations(queue).begin(move, of: .matching(filter, limit: nil), rate: rate, workspace: queue.workspace, author: "x")
        guard case .begun(let operation) = start else { throw NeverHappened("the operation was answered with \(start)") }
        return operation
    }

    private func now(_ queue: QueueFixture, _ id: DeadLetterOperationID) async throws -> DeadLetterOperation {
        try #require(try await operations(queue).find(id, workspace: queue.workspace))
    }

    private func steer(
        _ queue: QueueFixture, _ id: DeadLetterOperationID, _ steering: DeadLetterOperationTable.Steering
    ) async throws -> DeadLetterOperation {
        guard case .done(let operation) = try await operations(queue).steer(id, steering, workspace: queue.workspace, actor: "x") else {
            throw NeverHappened("\(steering) is done")
        }
        return operation
    }

    private func lead(_ queue: QueueFixture) async throws -> LeaderTerm {
        try #require(try await Leadership(pool: queue.pool, holder: "s1", lease: .seconds(120)).claim())
    }

    @Test func `an operation without a limit goes past a whole page of jobs that it skips`() async throws {
        try await QueueFixture.run { queue in
            // One key for the first page and more: all of it is skipped, since a pending job has the key.
            let jobs = queue.newJobs(DeadLetterTable.mostAtOnce + 3)
            try await queue.commit(jobs)
            _ = try await queue.pool.query("UPDATE jobs SET state = 'dead', settled_at = now()")
            _ = try await queue.pool.query(
                "UPDATE jobs SET unique_key = 'k' WHERE id <= $1", [.id(jobs[DeadLetterTable.mostAtOnce].id.value)])
            var owner = queue.newJobs(1)[0]
            owner.uniqueKey = "k"
            try await queue.commit([owner])
            let term = try await lead(queue)
            let operation = try await begin(queue, .replay)
            for _ in 0..<5 where try await now(queue, operation.id).state == .running {
                _ = try await operations(queue).step(operation.id, term: term)
            }
            let ended = try await now(queue, operation.id)
            #expect(ended.state == .done && ended.done == 2 && ended.skipped == Int64(DeadLetterTable.mostAtOnce + 1), "\(ended)")
        }
    }

    @Test func `leaders that step at once keep the rate together`() async throws {
        try await QueueFixture.run { queue in
            _ = try await queue.buried(60)
            let term = try await lead(queue)
            let operation = try await begin(queue, rate: 5)
            _ = try await queue.pool.query("UPDATE dead_letter_operations SET next_at = now() - interval '1 second'")
            let began = ContinuousClock.now
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try await operations(queue).step(operation.id, term: term) } }
            }
            let most = 5 + 5 * Int64((ContinuousClock.now - began).seconds.rounded(.up))
            #expect(try await now(queue, operation.id).done <= most)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") <= most)
        }
    }

    @Test func `a pause waits for the step under way, and after its answer nothing moves`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.buried(8)
            let term = try await lead(queue)
            let operation = try await begin(queue, rate: 5)
            _ = try await queue.pool.query("UPDATE dead_letter_operations SET next_at = now() - interval '1 second'")
            let operations = operations(queue)
            let (stepping, pausing) = try await queue.pool.withTransaction { holder in
                _ = try await holder.query("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", [.id(jobs[4].id.value)])
                func waiting(_ count: Int64) async throws -> Bool {
                    try await queue.number(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == count
                }
                let stepping = Task { try await operations.step(operation.id, term: term) }
                try await eventually("the step waits for a job") { try await waiting(1) }
                let pausing = Task { try await operations.steer(operation.id, .pause, workspace: queue.workspace, actor: "x") }
                try await eventually("the pause waits for the step") { try await waiting(2) }
                return (stepping, pausing)
            }
            _ = try await stepping.value
            guard case .done(let paused) = try await pausing.value else { throw NeverHappened("it is paused") }
            #expect(paused.done == 5)
            #expect(try await now(queue, operation.id).done == paused.done)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") == paused.done)
        }
    }

    @Test func `an operation that failed says why, moves nothing, and goes on when it is resumed`() async throws {
        try await QueueFixture.run { queue in
            _ = try await queue.buried(6)
            let term = try await lead(queue)
            let operation = try await begin(queue)
            // What a step does not survive, however often it is tried: the ledger refuses one of its rows.
            _ = try await queue.pool.query("ALTER TABLE jobs ADD CONSTRAINT none_cancelled CHECK (state <> 'cancelled')")
            let mover = DeadLetterMover(operations: operations(queue), map: queue.map, redis: queue.redis, logger: queue.logger)
            #expect(try await mover.round(term: term))
            let failed = try await now(queue, operation.id)
            #expect(failed.state == .failed && failed.error?.contains("none_cancelled") == true && failed.endedAt != nil, "\(failed)")
            #expect(failed.processed == 0 && !failed.state.isOpen)
            _ = try await queue.pool.query("ALTER TABLE jobs DROP CONSTRAINT none_cancelled")
            #expect(try await !mover.round(term: term), "it waits for an operator")
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 6)
            let resumed = try await steer(queue, operation.id, .resume)
            #expect(resumed.state == .running && resumed.error == nil && resumed.endedAt == nil)
            #expect(try await mover.round(term: term))
            #expect(try await now(queue, operation.id).state == .done)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") == 6)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a failed operation can be given up, and one that runs does not fail by an old word`() async throws {
        try await QueueFixture.run { queue in
            let operation = try await begin(queue)
            _ = try await steer(queue, operation.id, .pause)
            try await operations(queue).fail(operation.id, because: "too late")
            #expect(try await now(queue, operation.id).state == .paused)
            _ = try await steer(queue, operation.id, .resume)
            try await operations(queue).fail(operation.id, because: "broken")
            let cancelled = try await steer(queue, operation.id, .cancel)
            #expect(cancelled.state == .cancelled && cancelled.endedAt != nil)
        }
    }

    /// The leader reads the filter from the operation's row: each column selects what it is named after.
    @Test func `a stored filter selects exactly what it says`() async throws {
        try await QueueFixture.run { queue in
            var jobs = queue.newJobs(9)
            jobs[0].kind = "other.kind"
            jobs[1].queue = "elsewhere"
            jobs[2].lane = "side"
            jobs[3].lane = "aside"
            try await queue.commit(jobs)
            try await queue.bury(Array(jobs[..<4]))
            try await queue.bury([jobs[4]], errorClass: "refused")
            try await queue.bury([jobs[5]]) { _ in "the receiver is full" }
            try await queue.bury(Array(jobs[6...]))
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = now() - interval '2 days'")
            for (job, days) in [(jobs[6], 1), (jobs[7], 4)] {
                _ = try await queue.pool.query("UPDATE jobs SET settled_at = now() - \(days) * interval '1 day' WHERE id = $1", [.id(job.id.value)])
            }
            let fingerprint = try await queue.pool.query("SELECT fingerprint FROM jobs WHERE id = $1", [.id(jobs[5].id.value)])[0].text(0)
            let day = try await queue.pool.query("SELECT now() - interval '36 hours', now() - interval '3 days'")
            let cases: [(DeadLetterFilter, [Int])] = [
                (DeadLetterFilter(kind: "other.kind"), [0]), (DeadLetterFilter(queue: "elsewhere"), [1]),
                (DeadLetterFilter(lanes: ["side", "aside"]), [2, 3]), (DeadLetterFilter(errorClass: "refused"), [4]),
                (DeadLetterFilter(fingerprint: fingerprint), [5]), (DeadLetterFilter(diedAfter: try day[0].timestamp(0)), [6]),
                (DeadLetterFilter(diedBefore: try day[0].timestamp(1)), [7]),
            ]
            let term = try await lead(queue)
            var gone: Set<JobID> = []
            for (filter, expected) in cases {
                let operation = try await begin(queue, filter: filter)
                #expect(operation.filter == filter && operation.total == Int64(expected.count), "\(filter)")
                for _ in 0..<3 { _ = try await operations(queue).step(operation.id, term: term) }
                gone.formUnion(expected.map { jobs[$0].id })
                let rows = try await queue.pool.query("SELECT id FROM jobs WHERE state = 'cancelled'")
                #expect(Set(try rows.map { JobID(try $0.id(0)) }) == gone, "\(filter)")
            }
            #expect(try await queue.state(of: jobs[8].id).state == "dead")
        }
    }
}
