import Ledger
import Postgres
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

@Suite struct ExpiryLaws {
    private func overdue(_ queue: QueueFixture, _ jobs: [NewJob]) async throws {
        _ = try await queue.pool.query(
            "UPDATE jobs SET not_after = now() - interval '1 second' WHERE id = ANY ($1::uuid[])", [.ids(jobs.map(\.id.value))])
    }

    @Test func `an expired job never runs`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { _ in .succeeded() }
            var jobs = queue.newJobs(3)
            for index in jobs.indices { jobs[index].notAfter = index == 1 ? 4_000_000_000_000_000 : 1_000_000_000_000_000 }
            try await queue.commit(jobs)
            try await queue.push(jobs)
            try await queue.withWorker(kinds) { _ in
                try await eventually("all have ended") { try await queue.audit.books().pending == 0 }
            }
            #expect(kinds.runs.withLock { $0.map(\.id) } == [jobs[1].id])
            #expect(try await queue.history(of: jobs[0].id) == ["1 cancelled expired"])
            let books = try await queue.audit.books()
            #expect(books.cancelled == 2 && books.succeeded == 1 && books.differences == [])
        }
    }

    @Test func `jobs that nobody claims expire too, and the index forgets them`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(3))
            try await queue.push([jobs[0], jobs[1]])
            try await overdue(queue, [jobs[0], jobs[2]])
            try await queue.canceller.endOverdue()
            #expect(try await queue.state(of: jobs[0].id).state == "cancelled")
            #expect(try await queue.state(of: jobs[1].id).state == "pending")
            #expect(try await queue.state(of: jobs[2].id).state == "cancelled")
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == [jobs[1].id])
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a job that is running when its notAfter passes goes on`() async throws {
        try await QueueFixture.run { queue in
            let (stream, gate) = AsyncStream<Void>.makeStream()
            let kinds = ScriptedKinds { job in
                if job.payload.contains("1}") { return .succeeded() }
                for await _ in stream {}
                return Task.isCancelled ? .cancelled(reason: "told to") : .succeeded()
            }
            let jobs = queue.newJobs(2)
            try await queue.commit(jobs)
            try await queue.push([jobs[0]])
            try await queue.withWorker(kinds) { _ in
                try await eventually("it runs") { kinds.attempts(of: jobs[0].id) == [1] }
                try await overdue(queue, [jobs[0]])
                try await queue.canceller.endOverdue()
                // A second job comes and runs: the worker has stepped, and heard what there is to hear.
                try await queue.push([jobs[1]])
                try await eventually("the other one runs") { kinds.attempts(of: jobs[1].id) == [1] }
                gate.finish()
                try await eventually("it succeeds") { try await queue.state(of: jobs[0].id).state == "succeeded" }
            }
        }
    }

    @Test func `what was seen as marked or overdue is left alone when another attempt has begun since`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(4))
            for job in jobs[0...1] { _ = try await queue.cancellation.mark(job.id, workspace: queue.workspace, reason: "no more", by: "x") }
            try await overdue(queue, Array(jobs[2...3]))
            _ = try await queue.pool.query(
                "UPDATE jobs SET attempt = 2 WHERE id = ANY ($1::uuid[])", [.ids([jobs[1].id.value, jobs[3].id.value])])
            let ended = try await queue.cancellation.settle(jobs.map { (id: $0.id, attempt: 1) })
            #expect(ended.ids == [jobs[0].id, jobs[2].id])
            for job in [jobs[1], jobs[3]] { #expect(try await queue.state(of: job.id) == ("pending", 2, 0)) }
            #expect(try await queue.audit.books().differences == [])
        }
    }
}
