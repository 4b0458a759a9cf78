import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What a replay is for, exactly.
@Suite struct ReplayChoiceLaws {
    @Test func `a recovered delivery is the job that it was, with the full schedule, and no dead letter any more`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(7)
            try await replays.queue.bury(Array(jobs[0..<4]))
            try await replays.queue.settle(jobs[4..<6].map(\.id), attempt: 1, ending: .succeeded)
            #expect(try await replays.count(.failed) == 4)
            let replay = try await replays.begin(.failed)
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.total == 4 && ended.done == 4 && ended.skipped == 0)
            for job in jobs[0..<4] { #expect(try await replays.queue.state(of: job.id) == ("pending", 2, 0)) }
            #expect(try await replays.deliveries() == 7, "none is made anew")
            #expect(try await replays.queue.number("SELECT count(*) FROM deliveries d JOIN jobs j USING (id) WHERE is_replay AND payload LIKE '%isReplay%'") == 4)
            #expect(try await replays.count(.failed) == 0)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `what goes to another URL is missing at the endpoint still, and dies there as nobody of the endpoint's`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.set("disabled")
            try await replays.publish(3)
            try await replays.set("active")
            let elsewhere = try await replays.begin(.missing, url: "https://debug.example/")
            #expect(try await replays.work(off: elsewhere.id, term: term).done == 3)
            #expect(try await replays.count(.missing) == 3)
            _ = try await replays.queue.pool.query("UPDATE jobs SET state = 'dead', settled_at = now()")
            let (told, taken) = try await replays.queue.pool.withTransaction { try await ExhaustedDelivery.take(limit: 10, besides: [], on: $0) }
            #expect(told.isEmpty && taken == 3)
            #expect(try await replays.queue.number("SELECT count(*) FROM endpoint_health") == 0)
        }
    }

    @Test func `what was made again and taken is not recovered when its job is no longer kept`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(1)
            try await replays.queue.bury(jobs)
            let again = try await replays.begin(.all)
            #expect(try await replays.work(off: again.id, term: term).done == 1)
            _ = try await replays.queue.pool.query("UPDATE jobs SET state = 'succeeded', settled_at = now() WHERE state = 'pending'")
            #expect(try await replays.count(.failed) == 0)
            _ = try await replays.queue.pool.query("DELETE FROM jobs WHERE state = 'succeeded'")
            #expect(try await replays.count(.failed) == 0)
        }
    }

    @Test func `a recovered delivery is as old as its recovery, so that receivers get their patience anew`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(1)
            try await replays.queue.bury(jobs)
            _ = try await replays.queue.pool.query("UPDATE jobs SET created_at = now() - interval '10 days'")
            let replay = try await replays.begin(.failed)
            _ = try await replays.work(off: replay.id, term: term)
            guard case .run(let job)? = try await JobConfirmation(pool: replays.queue.pool).confirm(jobs.map(\.id))[jobs[0].id] else {
                throw NeverHappened("the job may run")
            }
            #expect(try #require(job.age) < 3_600_000_000)
        }
    }

    @Test func `what dies again is recovered by the next recovery only`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(3)
            try await replays.queue.bury(jobs)
            let replay = try await replays.begin(.failed, rate: 1)
            _ = try await replays.table.step(replay.id, term: term)
            try await replays.queue.bury([jobs[0]], attempt: 2)
            #expect(try await replays.work(off: replay.id, term: term).done == 3)
            #expect(try await replays.queue.state(of: jobs[0].id).state == "dead")
            #expect(try await replays.count(.failed) == 1)
        }
    }

    @Test func `to another URL new deliveries go in a lane of their own, and the dead letters stay`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(3)
            try await replays.queue.bury(jobs)
            let replay = try await replays.begin(.failed, url: ReplayFixture.url)
            #expect(try await replays.work(off: replay.id, term: term).done == 3)
            #expect(try await replays.deliveries() == 6)
            #expect(try await replays.queue.number("SELECT count(*) FROM deliveries WHERE first_id IN (SELECT id FROM jobs WHERE state = 'dead')") == 3)
            #expect(
                try await replays.queue.pool.query("SELECT 1 FROM jobs WHERE lane = $1 AND state = 'pending'", [.text(replay.id.description)]).count == 3)
            _ = try await replays.queue.pool.query("UPDATE jobs SET state = 'dead', settled_at = now() WHERE state = 'pending'")
            #expect(try await replays.count(.failed) == 3, "what died elsewhere is no failure of the endpoint's")
        }
    }

    @Test func `a failed delivery whose event was delivered since by another one is not recovered`() async throws {
        try await ReplayFixture.run { replays in
            let jobs = try await replays.publish(2)
            try await replays.queue.bury(jobs)
            let row = try await replays.queue.pool.query("SELECT event_id FROM deliveries WHERE id = $1", [.id(jobs[0].id.value)]).first
            let order = DeliveryReplay.Order(
                event: EventID(try #require(row).id(0)), endpoint: replays.endpoint, first: DeliveryID(jobs[0].id.value))
            let made = try await replays.queue.pool.withTransaction { connection in
                try await replays.work.deliveries.insert([order], workspace: replays.queue.workspace, trace: nil, on: connection)
            }
            let again = try #require(made.first).job
            #expect(try await replays.count(.failed) == 1, "it is under way")
            try await replays.queue.settle([again.id], attempt: 1, ending: .succeeded)
            #expect(try await replays.count(.failed) == 1)
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `by filter everything that ended is made anew once, under the id that its receiver knows`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let first = try await replays.publish(4, type: "a.b")
            let other = try await replays.publish(3, type: "c.d")
            try await replays.queue.settle(first[0..<3].map(\.id) + other.map(\.id), attempt: 1, ending: .succeeded)
            try await replays.queue.bury([first[3]])
            #expect(try await replays.begin(.all, rate: 1, types: ["c.d"]).total == 3)
            #expect(try await replays.begin(.all, rate: 1, state: .dead).total == 1)
            #expect(try await replays.begin(.all, rate: 1, since: 4_000_000_000_000_000).total == 0)
            let replay = try await replays.begin(.all, types: ["a.b"], state: .succeeded)
            #expect(try await replays.work(off: replay.id, term: term).done == 3)
            let known = try await replays.queue.pool.query("SELECT first_id FROM deliveries WHERE first_id IS NOT NULL").map { JobID(try $0.id(0)) }
            #expect(Set(known) == Set(first[0..<3].map(\.id)))
            #expect(try await replays.begin(.all, rate: 1).total == 7, "those that repeat others are not repeated")
            #expect(try await replays.queue.audit.books().differences == [])
        }
    }

    @Test func `what is missing is missing by the endpoint's types and filter, whatever is asked for`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            try await replays.set("disabled")
            try await replays.publish(250, type: "a.b") { "{\"n\":\($0),\"wanted\":\($0 % 5 == 0)}" }
            try await replays.publish(9, type: "c.d") { "{\"n\":\($0),\"wanted\":true}" }
            _ = try await replays.queue.pool.query("UPDATE endpoints SET event_types = '{a.b}', filter = '\"wanted\":true'")
            #expect(try await replays.count(.missing) == 50)
            let replay = try await replays.begin(.missing, rate: 7)
            #expect(replay.total == 50)
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.done == 50 && ended.skipped == 0)
            #expect(try await replays.queue.number("SELECT count(*) FROM jobs WHERE payload LIKE '%\"wanted\":true%'") == 50)
            #expect(try await replays.deliveries() == 50)
        }
    }

    @Test func `a walk over many deliveries of which few are meant comes to its end`() async throws {
        try await ReplayFixture.run { replays in
            let term = try await replays.queue.lead()
            let jobs = try await replays.publish(3)
            try await replays.queue.settle([jobs[0].id, jobs[2].id], attempt: 1, ending: .succeeded)
            // Between them more than two pages of another type.
            _ = try await replays.queue.pool.query(
                """
                WITH e AS (
                    INSERT INTO events (id, workspace_id, type, event_key, body, deliveries)
                    SELECT overlay(($1::uuid)::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, $2, 'x.y', n::text, '{}', 1
                    FROM generate_series(1, 11000) n RETURNING id)
                INSERT INTO deliveries (id, workspace_id, event_id, endpoint_id) SELECT id, $2, id, $3 FROM e
                """,
                [.id(jobs[1].id.value), .id(replays.queue.workspace.value), .id(replays.endpoint.value)])
            let replay = try await replays.begin(.all, types: ["a.b"])
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.total == 2 && ended.done == 2 && ended.state == .done)
        }
    }

    @Test func `the leader keeps the rate of a replay and tells the index`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            try await replays.set("disabled")
            try await replays.publish(30)
            let started = ContinuousClock.now
            let replay = try await replays.begin(.missing, rate: 20)
            try await ReplayMover(replays: replays.table, map: queue.map, redis: queue.redis, logger: queue.logger).run(term: term)
            #expect(ContinuousClock.now - started >= .milliseconds(1400), "30 at 20/s, the first one at once")
            #expect(try await replays.now(replay.id).state == .done)
            try await queue.join("w1")
            #expect(try await queue.step().claims.count == 30)
        }
    }
}
