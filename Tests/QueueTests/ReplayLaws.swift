import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Replays are worked off through any crash: everything that is meant once, and the books balance.
@Suite struct ReplayLaws {
    @Test func `what was published while the endpoint was disabled, or before it was there, is made up for once`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.publish(2)
            try await replays.set("disabled")
            try await replays.publish(3)
            #expect(try await replays.deliveries() == 2)
            try await replays.set("active")
            #expect(try await replays.count(.missing) == 3)
            let replay = try await replays.begin(.missing)
            #expect(replay.total == 3)
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.state == .done && ended.done == 3 && ended.skipped == 0, "\(ended)")
            #expect(try await replays.deliveries() == 5)
            #expect(try await replays.queue.number("SELECT count(*) FROM deliveries WHERE is_replay AND first_id IS NULL") == 3)
            let again = try await replays.begin(.missing)
            #expect(again.total == 0)
            #expect(try await replays.work(off: again.id, term: term).done == 0)
            #expect(try await replays.deliveries() == 5)
            #expect(try await replays.doubles() == 0)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `a replay goes on where its leader died, and a former leader makes nothing`() async throws {
        try await ReplayFixture.run { replays in
            let leadership = Leadership(pool: replays.queue.pool, holder: "s1", lease: .seconds(120))
            let term = try #require(try await leadership.claim())
            try await replays.set("disabled")
            try await replays.publish(25)
            let replay = try await replays.begin(.missing, rate: 10)
            try await replays.pass("1 second")
            #expect(replays.moved(try await replays.table.step(replay.id, term: term)) == 10)
            try await leadership.resign(term)
            let next = try #require(try await Leadership(pool: replays.queue.pool, holder: "s2", lease: .seconds(120)).claim())
            try await replays.pass("1 second")
            await #expect(throws: LedgerError.self) { try await replays.table.step(replay.id, term: term) }
            #expect(try await replays.now(replay.id).done == 10)
            #expect(try await replays.queue.audit.books().differences == [], "between two steps")
            let ended = try await replays.work(off: replay.id, term: next)
            #expect(ended.state == .done && ended.done == 25)
            #expect(try await replays.deliveries() == 25)
            #expect(try await replays.doubles() == 0)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `a step of a replay that dies in the middle has made nothing`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.set("disabled")
            try await replays.publish(5)
            let replay = try await replays.begin(.missing)
            let table = replays.table
            try await replays.queue.pool.withTransaction { holder in
                // Its counters are somebody else's for a while: deliveries and jobs are written, and the step waits.
                _ = try await holder.query("SELECT 1 FROM ledger_counters FOR UPDATE")
                let stepping = Task { try await table.step(replay.id, term: term) }
                try await eventually("the step waits, and its connection is cut") {
                    try await replays.queue.pool.query(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    ).count > 0
                }
                await #expect(throws: (any Error).self) { try await stepping.value }
            }
            #expect(try await replays.now(replay.id).processed == 0)
            #expect(try await replays.deliveries() == 0)
            #expect(replays.moved(try await table.step(replay.id, term: term)) == 5)
            #expect(try await replays.deliveries() == 5)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `two that believe to lead, and two replays of the same events, make nothing twice`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.set("disabled")
            try await replays.publish(40)
            let (one, other) = (try await replays.begin(.missing, rate: 5), try await replays.begin(.missing, rate: 5))
            #expect(one.total == 40 && other.total == 40)
            while try await replays.queue.number("SELECT count(*) FROM replays WHERE state = 'running'") > 0 {
                try await replays.pass("1 second")
                try await withThrowingTaskGroup { group in
                    for id in [one.id, other.id, one.id, other.id] { group.addTask { _ = try await replays.table.step(id, term: term) } }
                    try await group.waitForAll()
                }
            }
            let (first, second) = (try await replays.now(one.id).done, try await replays.now(other.id).done)
            #expect(first + second == 40, "\(first) and \(second)")
            #expect(try await replays.deliveries() == 40)
            #expect(try await replays.queue.number("SELECT count(DISTINCT event_id) FROM deliveries") == 40)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `an event is in a replay once, whatever becomes of the cursor`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(6)
            try await replays.queue.settle(jobs.map(\.id), attempt: 1, ending: .succeeded)
            let replay = try await replays.begin(.all)
            _ = try await replays.work(off: replay.id, term: term)
            _ = try await replays.queue.pool.query("UPDATE replays SET cursor = NULL, state = 'running'")
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.done == 6 && ended.skipped == 6)
            #expect(try await replays.deliveries() == 12)
            #expect(try await replays.doubles() == 0)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `cancel stops a replay for good, a pause for a while`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let workspace = replays.queue.workspace
            try await replays.set("disabled")
            try await replays.publish(20)
            let replay = try await replays.begin(.missing, rate: 4)
            try await replays.pass("1 second")
            #expect(replays.moved(try await replays.table.step(replay.id, term: term)) == 4)
            guard case .done(let paused) = try await replays.table.steer(replay.id, .pause, workspace: workspace, actor: "x") else {
                throw NeverHappened("it can be paused")
            }
            #expect(paused.state == .paused)
            #expect(replays.moved(try await replays.table.step(replay.id, term: term)) == nil)
            _ = try await replays.table.steer(replay.id, .resume, workspace: workspace, actor: "x")
            try await replays.pass("1 hour")
            #expect(replays.moved(try await replays.table.step(replay.id, term: term)) == 4, "a second's worth, no burst")
            guard case .done = try await replays.table.steer(replay.id, .cancel, workspace: workspace, actor: "x") else {
                throw NeverHappened("it can be cancelled")
            }
            #expect(replays.moved(try await replays.table.step(replay.id, term: term)) == nil)
            guard case .over = try await replays.table.steer(replay.id, .resume, workspace: workspace, actor: "x") else {
                throw NeverHappened("it is over")
            }
            #expect(try await replays.deliveries() == 8)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `the replay of a deleted endpoint fails and says why`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.set("disabled")
            try await replays.publish(3)
            let replay = try await replays.begin(.missing, rate: 1)
            _ = try await replays.queue.pool.query("DELETE FROM endpoints")
            _ = try await replays.table.step(replay.id, term: term)
            let ended = try await replays.now(replay.id)
            #expect(ended.state == .failed && ended.error == "the endpoint was deleted")
        }
    }
}
