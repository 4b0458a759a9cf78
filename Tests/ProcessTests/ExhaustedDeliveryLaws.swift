import Jobs
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

/// Deliveries that were given up, and what is told of them.
@Suite struct ExhaustedDeliveryLaws {
    /// Publishes an event and gives up its deliveries, as a worker does.
    private func giveUp(_ stage: HealthStage, _ type: String) async throws {
        let jobs = try await stage.pool.withTransaction {
            try await stage.publisher.publish(Publisher.Happening(type: type, at: 0, data: "{}"), workspace: stage.workspace, trace: nil, on: $0)
        }
        for job in jobs { try await stage.process.settle(job, .dead) }
    }

    @Test func `a delivery that was given up is told of once, to others than its endpoint, and breeds no more`() async throws {
        try await HealthStage.run { stage in
            let failing = try await stage.endpoint("{a.b,delivery.exhausted}")
            let ear = try await stage.endpoint("{delivery.exhausted,delivery.recovered}")
            try await giveUp(stage, "a.b")
            for _ in 0..<3 { try await stage.keeper.run(term: stage.term) }
            #expect(try await stage.sent(to: ear) == ["delivery.exhausted"])
            #expect(try await stage.sent(to: failing) == ["a.b"])
            let body = try await stage.pool.query("SELECT payload FROM jobs WHERE lane = $1", [.text(ear.description)]).first?.text(0) ?? ""
            #expect(body.contains(failing.description) && body.contains(#""errorClass":"timeout""#) && body.contains(#""event":"a.b""#), "\(body)")

            // The notice itself is given up: that is not told to anybody.
            _ = try await stage.endpoint("{delivery.exhausted}")
            let notices = try await stage.pool.query("SELECT id FROM jobs WHERE state = 'pending'").map { JobID(try $0.id(0)) }
            #expect(notices.count == 1)
            for job in notices { _ = try await stage.pool.query("UPDATE jobs SET state = 'dead', settled_at = now() WHERE id = $1", [.id(job.value)]) }
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.published("delivery.exhausted") == 1)
        }
    }

    @Test func `a replayed delivery that is given up again is told of again, and a success after it is a recovery`() async throws {
        try await HealthStage.run { stage in
            let failing = try await stage.endpoint("{a.b}")
            let ear = try await stage.endpoint("{delivery.exhausted,delivery.recovered}")
            try await giveUp(stage, "a.b")
            try await stage.keeper.run(term: stage.term)
            let report = try await DeadLetterTable(pool: stage.pool).move(
                .ids(try await stage.pool.query("SELECT id FROM jobs WHERE state = 'dead'").map { JobID(try $0.id(0)) }), by: .replay,
                workspace: stage.workspace, actor: "test")
            #expect(report.replayed.count == 1)
            _ = try await stage.pool.query("UPDATE jobs SET state = 'dead', settled_at = now() WHERE lane = $1", [.text(failing.description)])
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.sent(to: ear) == ["delivery.exhausted", "delivery.exhausted"])
            let guardian = stage.guardian()
            stage.note(guardian, failing, .succeeded)
            try await guardian.flush()
            try await stage.keeper.run(term: stage.term)
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.sent(to: ear).last == "delivery.recovered")
            #expect(try await stage.published("delivery.recovered") == 1)
        }
    }

    @Test func `a workspace is late by what its lanes may run and do not, not by what is held`() async throws {
        try await HealthStage.run { stage in
            let (late, held) = (try await stage.endpoint("{a.b}"), try await stage.endpoint("{c.d}"))
            for type in ["a.b", "c.d"] {
                _ = try await stage.pool.withTransaction {
                    try await stage.publisher.publish(Publisher.Happening(type: type, at: 0, data: "{}"), workspace: stage.workspace, trace: nil, on: $0)
                }
            }
            _ = try await stage.pool.query("UPDATE jobs SET run_at = now() - interval '90 seconds' WHERE lane = $1", [.text(late.description)])
            _ = try await stage.pool.query("UPDATE jobs SET run_at = now() - interval '900 seconds' WHERE lane = $1", [.text(held.description)])
            let table = WebhookLagTable(pool: stage.pool)
            try await table.sample(queue: "webhooks", within: .seconds(10), term: stage.term)
            #expect(try await table.latest().first.map { $0.age / 1_000_000 } == 900)
            try await stage.guardian().hold(held, workspace: stage.workspace, for: .seconds(60), reason: "429")
            try await table.sample(queue: "webhooks", within: .seconds(10), term: stage.term)
            let lags = try await table.latest()
            #expect(lags.count == 1 && lags[0].workspace == stage.workspace && lags[0].age / 1_000_000 == 90, "\(lags)")
            _ = try await stage.pool.query("UPDATE jobs SET run_at = now() + interval '1 hour'")
            try await table.sample(queue: "webhooks", within: .seconds(10), term: stage.term)
            #expect(try await table.latest() == [])
            let endpoints = try await table.endpoints()
            #expect((endpoints.open, endpoints.disabled, endpoints.paused, endpoints.failing) == (0, 0, 0, 0))
        }
    }
}
