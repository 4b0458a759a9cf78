import Ledger
import Postgres
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

/// What the leader does page by page comes to the second page, past a first one in which nothing can be done.
@Suite struct PageLaws {
    /// Jobs of which a worker holds a page of the canceller and more, the oldest.
    private func partlyHeld(_ queue: QueueFixture, _ held: Int = 520, of count: Int = 600) async throws -> [NewJob] {
        let jobs = try await queue.commit(queue.newJobs(count))
        for first in stride(from: 0, to: held, by: 260) { try await queue.push(Array(jobs[first..<min(first + 260, held)])) }
        try await queue.join("w1")
        var claimed: Set<JobID> = []
        while claimed.count < held {
            let claims = try await queue.step(want: held - claimed.count).claims
            guard !claims.isEmpty else { throw NeverHappened("only \(claimed.count) are claimed") }
            claimed.formUnion(claims.map(\.id))
        }
        #expect(claimed == Set(jobs[..<held].map(\.id)))
        return jobs
    }

    @Test func `marked jobs behind a page of running ones are ended`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await partlyHeld(queue)
            _ = try await queue.pool.query("UPDATE jobs SET cancel_reason = 'no more', cancelled_by = 'x'")
            try await queue.canceller.endMarked()
            #expect(try await queue.audit.books().cancelled == 80)
            #expect(try await queue.state(of: jobs[519].id).state == "pending")
            #expect(try await queue.state(of: jobs[520].id).state == "cancelled")
        }
    }

    /// All of one time: the place in the list is time and id.
    @Test func `overdue jobs behind a page of running ones are ended`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await partlyHeld(queue)
            _ = try await queue.pool.query("UPDATE jobs SET not_after = now() - interval '1 second'")
            try await queue.canceller.endOverdue()
            #expect(try await queue.audit.books().cancelled == 80)
            #expect(try await queue.state(of: jobs[519].id).state == "pending")
            #expect(try await queue.state(of: jobs[520].id).state == "cancelled")
        }
    }

    @Test func `followers behind a page that waits are looked at next, and then the first ones again`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let open = queue.newJobs(1), waiting = queue.newJobs(1005), done = queue.newJobs(1), last = queue.newJobs(1)
            try await queue.accept(open, then: waiting)
            try await queue.accept(done, then: last)
            // As when the settlement did not see its follower.
            _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded', settled_at = now() WHERE id = $1", [.id(done[0].id.value)])
            let freed = Mutex<[JobID]>([])
            let keeper = FollowerKeeper(waiting: queue.waiting) { jobs in freed.withLock { $0 += jobs.map(\.entry.id) } }
            try await keeper.mend(term: term)
            #expect(freed.withLock { $0 } == [])
            try await keeper.mend(term: term)
            #expect(freed.withLock { $0 } == [last[0].id])
            _ = try await queue.pool.query("UPDATE job_follows SET predecessor_id = $1 WHERE follower_id = $2", [.id(done[0].id.value), .id(waiting[0].id.value)])
            try await keeper.mend(term: term)
            #expect(freed.withLock { $0 } == [last[0].id, waiting[0].id])
        }
    }
}
