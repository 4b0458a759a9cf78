import Ledger
import Postgres
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

/// Jobs that wait for others.
@Suite struct FollowerLaws {
    private func settle(_ queue: QueueFixture, _ jobs: [NewJob], _ ending: Settlement.Ending = .succeeded) async throws {
        try await queue.withSettlements { settlements in
            for job in jobs { _ = try await settlements.settle(Settlement(job: job.id, attempt: 1, ending: ending, duration: 1)) }
        }
    }

    @Test func `a follower runs when all of its batch have succeeded and not before`() async throws {
        try await QueueFixture.run { queue in
            let batch = queue.newJobs(50), last = queue.newJobs(1)[0]
            let done = Mutex<Set<JobID>>([])
            let seen = Mutex(0)
            let kinds = ScriptedKinds { job in
                if job.id == last.id { seen.withLock { $0 = done.withLock { $0.count } } }
                _ = done.withLock { $0.insert(job.id) }
                return .succeeded()
            }
            let accepted = try await queue.accept(batch, then: [last])
            #expect(accepted.map(\.isBlocked) == Array(repeating: false, count: 50) + [true])
            #expect(try await queue.find(last.id).job.runAt == nil)
            #expect(try await queue.find(last.id).blockedBy == batch.map(\.id))
            #expect(try await queue.find(batch[0].id).followers == [last.id])
            try await queue.push(batch)
            try await queue.withWorker(kinds) { _ in
                try await eventually("the follower succeeds") { try await queue.state(of: last.id).state == "succeeded" }
            }
            #expect(seen.withLock { $0 } == 50)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `two predecessors that settle at once both count`() async throws {
        try await QueueFixture.run { queue in
            for _ in 0..<20 {
                let pair = queue.newJobs(2), followers = queue.newJobs(3)
                _ = try await queue.accept(pair, then: followers)
                try await withThrowingDiscardingTaskGroup { group in
                    for job in pair { group.addTask { try await settle(queue, [job]) } }
                }
                let rows = try await queue.pool.query(
                    "SELECT count(*) FROM jobs WHERE blocked_by = 0 AND NOT delayed AND run_at <= now() AND id = ANY ($1::uuid[])",
                    [.ids(followers.map(\.id.value))])
                #expect(try rows[0].int64(0) == 3)
            }
        }
    }

    @Test func `a chain runs in its order`() async throws {
        try await QueueFixture.run { queue in
            var jobs = queue.newJobs(5)
            for index in jobs.indices {
                jobs[index].hasFollowers = index < 4
                jobs[index].blockedBy = index > 0 ? 1 : 0
            }
            try await queue.accept(jobs, follows: zip(jobs, jobs.dropFirst()).map { JobFollow(predecessor: $0.id, follower: $1.id) })
            let kinds = ScriptedKinds { _ in .succeeded() }
            try await queue.push([jobs[0]])
            try await queue.withWorker(kinds) { _ in
                try await eventually("all succeed") { try await queue.audit.books().succeeded == 5 }
            }
            #expect(kinds.runs.withLock { $0.map(\.id) } == jobs.map(\.id))
        }
    }

    @Test func `a dead predecessor keeps its followers waiting until its replay has succeeded`() async throws {
        try await QueueFixture.run { queue in
            let first = queue.newJobs(1), then = queue.newJobs(1), term = try await queue.lead()
            _ = try await queue.accept(first, then: then)
            try await settle(queue, first, .dead)
            _ = try await queue.waiting.mendFollowers(after: nil, limit: 10, term: term)
            #expect(try await queue.find(then[0].id).job.runAt == nil)
            let report = try await DeadLetterTable(pool: queue.pool).move(.ids([first[0].id]), by: .replay, workspace: queue.workspace, actor: "x")
            #expect(report.doneCount == 1)
            try await queue.withSettlements {
                _ = try await $0.settle(Settlement(job: first[0].id, attempt: 2, ending: .succeeded, duration: 1))
            }
            #expect(try await queue.find(then[0].id).job.runAt != nil)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a cancelled predecessor cancels what waits for it, and what waits for that`() async throws {
        try await QueueFixture.run { queue in
            var jobs = queue.newJobs(3)
            for index in jobs.indices {
                jobs[index].hasFollowers = index < 2
                jobs[index].blockedBy = index > 0 ? 1 : 0
            }
            try await queue.accept(jobs, follows: zip(jobs, jobs.dropFirst()).map { JobFollow(predecessor: $0.id, follower: $1.id) })
            let answer = try await queue.canceller.cancel(jobs[0].id, workspace: queue.workspace, reason: "no more", by: "x")
            #expect(answer == .cancelled)
            let classes = try await queue.pool.query("SELECT state::text || ' ' || error_class FROM jobs ORDER BY id").map { try $0.text(0) }
            #expect(classes == ["cancelled cancelled", "cancelled predecessor_cancelled", "cancelled predecessor_cancelled"])
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a discarded predecessor cancels its followers by the leader's look`() async throws {
        try await QueueFixture.run { queue in
            let first = queue.newJobs(1), then = queue.newJobs(1), term = try await queue.lead()
            _ = try await queue.accept(first, then: then)
            try await settle(queue, first, .dead)
            _ = try await DeadLetterTable(pool: queue.pool).move(.ids([first[0].id]), by: .discard, workspace: queue.workspace, actor: "x")
            _ = try await queue.waiting.mendFollowers(after: nil, limit: 10, term: term)
            try await queue.canceller.endMarked()
            #expect(try await queue.state(of: then[0].id).state == "cancelled")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a settlement that did not see its follower is mended`() async throws {
        try await QueueFixture.run { queue in
            let first = queue.newJobs(1), then = queue.newJobs(1), term = try await queue.lead()
            _ = try await queue.accept(first, then: then)
            _ = try await queue.pool.query("UPDATE jobs SET has_followers = false")
            try await settle(queue, first)
            #expect(try await queue.find(then[0].id).job.runAt == nil)
            #expect(try await queue.waiting.mendFollowers(after: nil, limit: 10, term: term).freed.map(\.entry.id) == [then[0].id])
            #expect(try await queue.waiting.mendFollowers(after: nil, limit: 10, term: term).freed.isEmpty)
            #expect(try await queue.find(then[0].id).job.runAt != nil)
        }
    }

    @Test func `a follower of a job that exists already waits for that one, or for nothing when it has succeeded`() async throws {
        try await QueueFixture.run { queue in
            var known = queue.newJobs(1)[0]
            (known.uniqueKey, known.uniqueFor) = ("k", 3_600_000_000)
            let existing = known
            try await queue.accept([existing])
            func again() -> NewJob {
                var job = queue.newJobs(1)[0]
                job.uniqueKey = "k"
                return job
            }
            let waiting = queue.newJobs(1)
            let answers = try await queue.accept([again()], then: waiting)
            #expect(answers[0] == AcceptedJob(id: existing.id, isDuplicate: true, delay: 0) && answers[1].isBlocked)
            #expect(try await queue.find(waiting[0].id).blockedBy == [existing.id])
            try await settle(queue, [existing])
            #expect(try await queue.find(waiting[0].id).job.runAt != nil)
            let late = queue.newJobs(1)
            let now = try await queue.accept([again()], then: late)
            #expect(now[0].id == existing.id && !now[1].isBlocked && now[1].delay == 0)
            #expect(try await queue.find(late[0].id).job.runAt != nil)
        }
    }

    @Test func `a follower with a time of its own waits for that too`() async throws {
        try await QueueFixture.run { queue in
            let first = queue.newJobs(1)
            var later = queue.newJobs(1)[0]
            later.runAt = 4_000_000_000_000_000
            _ = try await queue.accept(first, then: [later])
            #expect(try await queue.find(later.id).job.runAt == nil)
            try await settle(queue, first)
            #expect(try await queue.find(later.id).job.runAt == 4_000_000_000_000_000)
            #expect(try await queue.waiting.first(10, of: WaitingJobs.Lane(queue: "default", lane: "lane")).isEmpty)
        }
    }

    @Test func `a follower that is accepted with its predecessor does not start beside it`() async throws {
        var tuning = IndexTuning()
        tuning.beat = .milliseconds(50)
        try await QueueFixture.run(tuning: tuning) { queue in
            var jobs = queue.newJobs(2)
            (jobs[0].hasFollowers, jobs[1].blockedBy) = (true, 1)
            let (first, then, pusher, gate) = (jobs[0], jobs[1], queue.newPusher, Gate())
            let kinds = ScriptedKinds { job in
                if job.id == first.id { await gate.pass() }
                return .succeeded()
            }
            try await queue.withPusher(pusher) {
                try await queue.withWriter { writer in
                    // Both are first-hand, if they are pushed.
                    try await queue.hear(pusher)
                    _ = try await Intake(writer: writer, pusher: pusher).accept(
                        [first, then], follows: [JobFollow(predecessor: first.id, follower: then.id)])
                }
                try await queue.withWorker(kinds) { _ in
                    try await eventually("its predecessor runs") { kinds.attempts(of: first.id) == [1] }
                    try await queue.awaitSteps()
                    #expect(kinds.runs.withLock { $0.map(\.id) } == [first.id])
                    gate.open()
                    try await eventually("it runs then") { try await queue.state(of: then.id).state == "succeeded" }
                }
            }
            #expect(kinds.runs.withLock { $0.map(\.id) } == [first.id, then.id])
        }
    }

    @Test func `the leader looks at all who wait, page after page, and tells the index whom it frees`() async throws {
        try await QueueFixture.run { queue in
            let open = queue.newJobs(1), many = queue.newJobs(1000), done = queue.newJobs(1), last = queue.newJobs(1)
            let term = try await queue.lead()
            _ = try await queue.accept(open, then: many)
            _ = try await queue.accept(done, then: last)
            _ = try await queue.pool.query("UPDATE jobs SET has_followers = false")
            try await settle(queue, done)
            let pusher = queue.newPusher
            let freed = Mutex<[[JobID]]>([])
            let keeper = FollowerKeeper(waiting: queue.waiting) { jobs in
                freed.withLock { $0.append(jobs.map(\.entry.id)) }
                pusher.push(freed: jobs)
            }
            try await queue.withPusher(pusher) {
                try await keeper.mend(term: term)
                #expect(freed.withLock { $0 }.isEmpty, "the first page are those that wait for good")
                try await keeper.mend(term: term)
                #expect(freed.withLock { $0 } == [[last[0].id]])
                try await eventually("the index has it") { try await queue.index.missing(of: [last[0].id], in: "lane")?.ids.isEmpty == true }
                try await settle(queue, open)
                try await keeper.mend(term: term)
                #expect(freed.withLock { Set($0.last ?? []) } == Set(many.map(\.id)), "after the last page comes the first")
            }
        }
    }
}
