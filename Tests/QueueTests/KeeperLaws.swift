import Ledger
import LocalStack
import Postgres
import Primitives
import Queue
import Redis
import Synchronization
import TestSupport
import Testing

/// The leader's work: rebuild, promotion, sweep, leadership.
@Suite struct KeeperLaws {
    @Test func `a lost index is rebuilt from the ledger with its limits`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let jobs = try await queue.commit(queue.newJobs(5))
            let limited = try await queue.commit(queue.newJobs(5, lane: "limited"))
            try await LaneSettingsTable(pool: queue.pool).setLimits(
                LaneLimits(concurrency: 2), of: LanePlace(queue: "default", lane: "limited", workspace: queue.workspace), actor: "test")
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            try await queue.join("w1")
            let refiller = Refiller(waiting: queue.waiting)
            var claims: [LaneIndex.Claim] = []
            try await eventually("the lanes are refilled") {
                let step = try await queue.step(epoch: "1")
                for order in step.refills { try await refiller.refill(order, of: queue.index, epoch: step.epoch) }
                claims += step.claims
                return claims.count >= 7
            }
            #expect(claims.filter { $0.lane == "lane" }.map(\.id) == jobs.map(\.id))
            #expect(claims.filter { $0.lane == "limited" }.map(\.id) == limited.prefix(2).map(\.id))
            #expect(claims.allSatisfy { $0.entry == .secondHand })
        }
    }

    @Test func `live workers keep what they hold through a rebuild`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            let jobs = try await queue.commit(queue.newJobs(2))
            try await queue.push(jobs)
            try await queue.join("w1")
            #expect(try await queue.step(want: 1).claims.count == 1)
            _ = try await queue.redis.send(["DEL", .string("v2:{\(queue.index.shard.tag)}:index")])
            let beating = Task { [keeper] in
                var keeper = keeper
                try await keeper.beat(term: term)
            }
            try await eventually("the worker can re-assert") {
                try await queue.index.reassert(worker: "w1", session: 1, holding: [.of(jobs[0].id)])?.epoch == "2"
            }
            try await beating.value
            let step = try await queue.step(epoch: "2")
            for order in step.refills { try await Refiller(waiting: queue.waiting).refill(order, of: queue.index, epoch: "2") }
            #expect(try await queue.step(epoch: "2").claims.map(\.id) == [jobs[1].id], "the held one is not given out again")
        }
    }

    @Test func `a rebuild waits for a worker that it knows of, however late, and opens with its word`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            let worker = IdentifierSource.system.next()
            try await WorkerTable(pool: queue.pool).report(worker, host: "here", pid: 1, release: "1", queues: "{}")
            let jobs = try await queue.commit(queue.newJobs(2))
            try await queue.push(jobs)
            try await queue.join(worker.description)
            #expect(try await queue.step(worker.description, want: 1).claims.count == 1)
            let begun = ContinuousClock.now
            let isListening = Mutex(false), isCalled = Mutex(false)
            let listening = Task {
                for await message in queue.index.wakeUps(of: worker.description) {
                    if case .message = message { isCalled.withLock { $0 = true } } else { isListening.withLock { $0 = true } }
                }
            }
            defer { listening.cancel() }
            try await eventually("it can be called") { isListening.withLock { $0 } }
            _ = try await queue.redis.send(["DEL", .string("v2:{\(queue.index.shard.tag)}:index")])
            let beating = Task { [keeper] in
                var keeper = keeper
                try await keeper.beat(term: term)
                return ContinuousClock.now
            }
            try await eventually("it is called") { isCalled.withLock { $0 } }
            // Later than it would wait for somebody that it does not know.
            try await eventually("it has waited for longer than a beat") { ContinuousClock.now - begun > .seconds(3) }
            #expect(try await queue.index.reassert(worker: worker.description, session: 1, holding: [.of(jobs[0].id)])?.isOpen == false)
            let said = ContinuousClock.now
            #expect(try await beating.value - said < .seconds(2), "and no longer than that")
            #expect(try await queue.index.missing(of: [jobs[0].id], in: "lane")?.ids.isEmpty == true, "the held one is known")
        }
    }

    @Test func `a push that died with its process is found by the sweep`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            let jobs = try await queue.commit(queue.newJobs(3))
            #expect(try await keeper.sweep() == 0, "young jobs may be on their way")
            _ = try await queue.pool.query("UPDATE jobs SET run_at = now() - interval '3 seconds'")
            #expect(try await keeper.sweep() == 1)
            #expect(try await keeper.sweep() == 0, "once is enough")
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == jobs.map(\.id))
        }
    }

    @Test func `a delayed job that the index did not have is promoted by the leader once`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            var job = queue.newJobs(1)[0]
            job.runAt = 4_000_000_000_000_000
            let committed = job
            let accepted = try await queue.withWriter { try await $0.accept(JobWriter.Request(jobs: [committed])) }
            guard case .done(let answers) = accepted else { throw NeverHappened("it is accepted") }
            #expect(answers[0].delay > 1_000_000_000)
            try await keeper.promote(term: term)
            try await queue.join("w1")
            #expect(try await queue.step().claims.isEmpty)
            _ = try await queue.pool.query("UPDATE jobs SET run_at = now() - interval '2 seconds'")
            try await keeper.promote(term: term)
            try await keeper.promote(term: term)
            #expect(try await queue.step().claims.map(\.id) == [job.id])
            #expect(try await queue.step().claims.isEmpty)
        }
    }

    @Test func `one scheduler leads and a former leader's writes are refused`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let first = Leadership(pool: queue.pool, holder: "s1", lease: .seconds(600))
            let second = Leadership(pool: queue.pool, holder: "s2", lease: .seconds(600))
            let firstTerm = try #require(try await first.claim())
            #expect(try await second.claim() == nil)
            #expect(try await first.claim() == firstTerm, "a renewal keeps the term")
            _ = try await queue.pool.query("UPDATE leaders SET expires_at = now() - interval '1 second'")
            let secondTerm = try await second.claim()
            #expect(secondTerm?.term == firstTerm.term + 1, "the lead passes on")
            await #expect(throws: LedgerError.self) { try await first.nextEpoch(of: "x", term: firstTerm) }
            #expect(try await second.nextEpoch(of: "x", term: #require(secondTerm)) == 1)
            #expect(try await second.nextEpoch(of: "x", term: #require(secondTerm)) == 2)
        }
    }

    @Test func `a setting that its writer could not tell the index takes effect by the leader`() async throws {
        try await QueueFixture.run { queue in
            let place = LanePlace(queue: "default", lane: "lane", workspace: queue.workspace)
            try await queue.push(queue.newJobs(3))
            try await queue.join("w1")
            let (keeper, _) = try await queue.keeper()
            try await LaneSettingsTable(pool: queue.pool).park(place, microseconds: nil, reason: "test", actor: "test")
            try await keeper.applySettings(changedWithin: .seconds(15))
            #expect(try await queue.step().claims.isEmpty)
            try await LaneSettingsTable(pool: queue.pool).unpark(place, actor: "test")
            _ = try await QueueSettingsTable(pool: queue.pool).pause(
                "default", microseconds: nil, reason: "test", workspace: queue.workspace, actor: "test")
            try await keeper.applySettings(changedWithin: .seconds(15))
            #expect(try await queue.step().claims.isEmpty, "the lane is free and its queue paused")
            _ = try await QueueSettingsTable(pool: queue.pool).resume("default", workspace: queue.workspace, actor: "test")
            try await keeper.applySettings(changedWithin: .seconds(15))
            #expect(try await queue.step().claims.count == 1)
        }
    }

    @Test func `a park and a pause are still there after the index was lost`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            try await queue.commit(queue.newJobs(2))
            try await queue.commit(queue.newJobs(2, lane: "parked"))
            try await LaneSettingsTable(pool: queue.pool).park(
                LanePlace(queue: "default", lane: "parked", workspace: queue.workspace), microseconds: nil, reason: "test", actor: "test")
            var change = QueueSettingsTable.Change()
            change.concurrency = 1
            _ = try await QueueSettingsTable(pool: queue.pool).change(change, of: "default", workspace: queue.workspace, actor: "test")
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            try await queue.join("w1")
            var claims: [LaneIndex.Claim] = []
            try await eventually("the lanes are refilled") {
                let step = try await queue.step(epoch: "1")
                for order in step.refills { try await Refiller(waiting: queue.waiting).refill(order, of: queue.index, epoch: step.epoch) }
                claims += step.claims
                return !claims.isEmpty && step.refills.isEmpty
            }
            #expect(claims.map(\.lane) == ["lane"], "one at a time in the fleet, and none of the parked lane")
        }
    }

    @Test func `a leader that was overtaken removes no keys of the epoch that lives`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            try await queue.open(epoch: 1)
            try await queue.push(queue.newJobs(3))
            // Another one believes to have opened the second epoch.
            try await queue.index.sweepKeys(before: 2)
            try await queue.join("w1")
            #expect(try await queue.step().claims.count == 3)
        }
    }

    @Test func `a copy of an earlier life of the index is rebuilt, whatever its beat`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            var (keeper, term) = try await queue.keeper()
            try await keeper.beat(term: term)
            _ = try await queue.pool.query("UPDATE index_epochs SET epoch = 7")
            try await keeper.beat(term: term)
            guard case .alive(let epoch, true, _, _) = try await queue.index.tend(knownEpoch: "", lastBeat: 0) else { throw NeverHappened("it is open") }
            #expect(epoch == "8")
        }
    }
}
