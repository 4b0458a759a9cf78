import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What a job or a request brings with it is there after the commit, and stays.
@Suite struct AcceptanceLaws {
    private func claim(_ queue: QueueFixture, _ key: String = "k", of request: UInt8 = 1) -> IdempotencyClaim {
        IdempotencyClaim(workspace: queue.workspace, key: key, fingerprint: [request])
    }

    @Test func `a deadline that is all a job brings is kept, on a retry too`() async throws {
        try await QueueFixture.run { queue in
            var job = queue.newJobs(1)[0]
            job.deadline = 20_000
            let given = job
            try await queue.commit([given])
            func confirmed() async throws -> RunnableJob {
                guard case .run(let found)? = try await JobConfirmation(pool: queue.pool).confirm([given.id])[given.id] else {
                    throw NeverHappened("it may run")
                }
                return found
            }
            #expect(try await confirmed().deadline == 20_000)
            try await queue.settle([given.id], attempt: 1, ending: .retried)
            let again = try await confirmed()
            #expect(again.attempt == 2 && again.deadline == 20_000)
        }
    }

    @Test func `of two requests with one key in one commit the first is done`() async throws {
        try await QueueFixture.run { queue in
            let writer = JobWriter(pool: queue.pool)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in UInt8(1)...2 {
                    group.addTask {
                        switch try await writer.accept(JobWriter.Request(jobs: queue.newJobs(1), claim: claim(queue, of: number))) {
                        case .done: true
                        case .inProgress: false
                        case let other: throw NeverHappened("a request was answered with \(other)")
                        }
                    }
                    try await eventually("it waits") { writer.backlog == number }
                }
                group.addTask { try await writer.accept(JobWriter.Request(jobs: queue.newJobs(1), claim: claim(queue, "other"))).isDone }
                try await eventually("all wait for one commit") { writer.backlog == 3 }
                let running = Task { try await writer.run() }
                var done = 0
                for _ in 0..<3 where try await group.next() == true { done += 1 }
                #expect(done == 2)
                running.cancel()
                try await running.value
            }
            #expect(try await queue.number("SELECT count(*) FROM jobs") == 2)
            #expect(try await queue.number("SELECT count(*) FROM idempotency_keys WHERE answer <> ''") == 2)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a key is forgotten after a day, page by page, and not before`() async throws {
        try await QueueFixture.run { queue in
            for (key, age) in [("old", "24 hours 1 second"), ("young", "23 hours 59 minutes")] {
                _ = try await queue.withWriter { try await $0.accept(JobWriter.Request(jobs: queue.newJobs(1), claim: claim(queue, key))) }
                _ = try await queue.pool.query(
                    "UPDATE idempotency_keys SET created_at = now() - $2::interval WHERE key = $1", [.text(key), .text(age)])
            }
            _ = try await queue.pool.query(
                """
                INSERT INTO idempotency_keys (workspace_id, key, fingerprint, answer, created_at)
                SELECT $1, 'n' || n, '', '', now() - interval '2 days' FROM generate_series(1, 5100) n
                """, [.id(queue.workspace.value)])
            try await IdempotencyClaim.prune(on: queue.pool)
            #expect(try await queue.pool.query("SELECT key FROM idempotency_keys").map { try $0.text(0) } == ["young"])
            let again = try await queue.withWriter { try await $0.accept(JobWriter.Request(jobs: queue.newJobs(1), claim: claim(queue, "old", of: 2))) }
            #expect(again.isDone, "as if it had never been used")
        }
    }
}

extension Claimed {
    fileprivate var isDone: Bool { if case .done = self { true } else { false } }
}
