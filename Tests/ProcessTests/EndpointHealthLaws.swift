import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Circuits, warnings and disabling, as several workers and a leader do it together.
@Suite struct EndpointHealthLaws {
    @Test func `an endpoint is disabled once, with its hold and what is told of it, however many ask for it`() async throws {
        try await HealthStage.run { stage in
            let gone = try await stage.endpoint("{*,endpoint.disabled,system.alert}")
            let named = try await stage.endpoint("{endpoint.disabled}")
            let all = try await stage.endpoint("{*}")
            let guards = (0..<6).map { _ in stage.guardian() }
            try await withThrowingTaskGroup { group in
                for guardian in guards { group.addTask { [workspace = stage.workspace] in try await guardian.disable(gone, workspace: workspace, reason: .gone) } }
                try await group.waitForAll()
            }
            #expect(try await stage.status(gone) == "disabled")
            let published = (try await stage.published("endpoint.disabled"), try await stage.published("system.alert"))
            #expect(published == (1, 1))
            #expect(try await stage.sent(to: gone) == [], "nothing about it goes to it")
            #expect(try await stage.sent(to: named) == ["endpoint.disabled"])
            #expect(try await stage.sent(to: all) == ["system.alert"], "those that take all are not told of the operation of webhooks")
            #expect(try await stage.lane(gone)?.parkedCause == "disabled")
            #expect(try await stage.opens(gone) == nil, "the index knows")
            #expect(try await Audit(pool: stage.pool).books().differences == [])
        }
    }

    @Test func `what cannot be told is not done`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            _ = try await stage.endpoint("{endpoint.disabled}")
            _ = try await stage.pool.query("ALTER TABLE deliveries RENAME TO hidden")
            await #expect(throws: PostgresError.self) { try await stage.guardian().disable(endpoint, workspace: stage.workspace, reason: .asked) }
            _ = try await stage.pool.query("ALTER TABLE hidden RENAME TO deliveries")
            #expect(try await stage.status(endpoint) == "active")
            #expect(try await stage.lane(endpoint) == nil)
            #expect(try await stage.published("endpoint.disabled") == 0)
        }
    }

    @Test func `failures of several workers open one circuit, and its lane waits`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let workers = [stage.guardian(), stage.guardian()]
            for worker in workers {
                stage.note(worker, endpoint, .failed, times: 6)
                try await worker.flush()
            }
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.health(endpoint)?.circuit == .open, "six each are too few for a worker alone")
            #expect(try await stage.lane(endpoint)?.parkedCause == "circuit")
            let wait = try #require(try await stage.opens(endpoint))
            #expect(wait > .seconds(3) && wait <= .seconds(5), "\(wait)")
            #expect(try await stage.status(endpoint) == "active")

            _ = try await stage.pool.query("UPDATE endpoint_health SET circuit_until = now(), review_at = now()")
            stage.note(workers[1], endpoint, .succeeded)
            try await workers[1].flush()
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.health(endpoint)?.circuit == .closed)
            #expect(try await stage.lane(endpoint)?.parked == 0)
        }
    }

    @Test func `who does not lead any more opens nothing and tells nobody`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            try await stage.fail(endpoint, hours: 200)
            var former = stage.term
            former.term -= 1
            let keeper = stage.keeper
            await #expect(throws: LedgerError.self) { try await keeper.run(term: former) }
            #expect(try await stage.status(endpoint) == "active")
            try await keeper.run(term: stage.term)
            #expect(try await stage.status(endpoint) == "disabled", "the next leader goes on")
        }
    }

    @Test func `warnings come once each, then the endpoint is disabled, its deliveries kept`() async throws {
        try await HealthStage.run { stage in
            let failing = try await stage.endpoint("{a.b}")
            let ear = try await stage.endpoint("{endpoint.warning,endpoint.disabled,delivery.recovered,system.alert}")
            for hours in [10, 61, 62, 85, 109, 110] {
                try await stage.fail(failing, hours: hours)
                try await stage.keeper.run(term: stage.term)
            }
            #expect(try await stage.sent(to: ear) == ["endpoint.warning", "endpoint.warning", "endpoint.warning"])
            try await stage.fail(failing, hours: 121)
            try await stage.keeper.run(term: stage.term)
            try await stage.fail(failing, hours: 122)
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.sent(to: ear).suffix(2).sorted() == ["endpoint.disabled", "system.alert"])
            #expect(try await stage.sent(to: ear).count == 5)
            #expect(try await stage.lane(failing)?.parkedCause == "disabled")
            #expect(try await stage.opens(failing) == nil)
        }
    }

    @Test func `a success on the last allowed attempt never disables, and clears what was said`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let ear = try await stage.endpoint("{endpoint.warning,endpoint.disabled,delivery.recovered}")
            try await stage.fail(endpoint, hours: 119)
            try await stage.keeper.run(term: stage.term)
            // Longer than allowed by now, and nobody has looked yet when the answer is a good one.
            try await stage.fail(endpoint, hours: 121)
            let guardian = stage.guardian()
            stage.note(guardian, endpoint, .succeeded)
            try await guardian.flush()
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.status(endpoint) == "active")
            #expect(try await stage.sent(to: ear) == ["endpoint.warning", "delivery.recovered"])
            let health = try #require(try await stage.health(endpoint))
            #expect(health.failingSince == nil && health.failuresSinceSuccess == 0 && health.warned == 0)
            // A new stretch is warned of anew.
            try await stage.fail(endpoint, hours: 61)
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.sent(to: ear).last == "endpoint.warning")
        }
    }

    @Test func `failures now and then, with successes between them, do not disable`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let guardian = stage.guardian()
            for _ in 0..<20 {
                stage.note(guardian, endpoint, .failed, times: 3)
                stage.note(guardian, endpoint, .succeeded)
                stage.note(guardian, endpoint, .failed, times: 2)
                try await guardian.flush()
                let first = try await stage.health(endpoint)?.failuresSinceSuccess
                #expect(first == 2, "counted from the last success")
                _ = try await stage.pool.query("UPDATE endpoint_health SET failing_since = failing_since - interval '10 days', window_failures = failures")
                stage.note(guardian, endpoint, .succeeded)
                try await guardian.flush()
                try await stage.keeper.run(term: stage.term)
            }
            #expect(try await stage.status(endpoint) == "active")
            #expect(try await stage.health(endpoint).map { [$0.successes, $0.failures] } == [40, 100])
        }
    }

    @Test func `notes that could not be written are written later, none lost and none twice`() async throws {
        try await HealthStage.run { stage in
            let (endpoint, deleted) = (try await stage.endpoint("{a.b}"), try await stage.endpoint("{a.b}"))
            let guardian = stage.guardian()
            stage.note(guardian, endpoint, .failed, times: 3)
            _ = try await stage.pool.query("ALTER TABLE endpoint_health RENAME TO hidden")
            await #expect(throws: PostgresError.self) { try await guardian.flush() }
            stage.note(guardian, endpoint, .failed, times: 4)
            _ = try await stage.pool.query("ALTER TABLE hidden RENAME TO endpoint_health")
            stage.note(guardian, deleted, .succeeded)
            _ = try await stage.pool.query("DELETE FROM endpoints WHERE id = $1", [.id(deleted.value)])
            try await guardian.flush()
            try await guardian.flush()
            #expect(try await stage.health(endpoint).map { [$0.failures, Int64($0.failuresSinceSuccess)] } == [7, 7])
            #expect(try await stage.health(deleted) == nil)
        }
    }

    @Test func `a certificate about to expire is told of once, and the next one too`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let ear = try await stage.endpoint("{endpoint.certificate_expiring}")
            let guardian = stage.guardian()
            let now = try await stage.process.number("SELECT extract(epoch FROM now())::int8")
            for (days, told) in [(20, 0), (10, 1), (10, 1), (80, 1), (9, 2)] as [(Int64, Int)] {
                stage.note(guardian, endpoint, .succeeded, certificate: now + days * 86_400)
                try await guardian.flush()
                try await stage.keeper.run(term: stage.term)
                #expect(try await stage.sent(to: ear).count == told, "\(days) days")
            }
        }
    }
}
