import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// The books notice when anything is falsified, and say what.
@Suite struct AuditLaws {
    private static let accepted = "accepted = succeeded + dead + cancelled + pending"
    private static let succeeded = "succeeded, counted and rows"
    private static let dead = "dead, counted and rows"
    private static let cancelled = "cancelled, counted and rows"
    private static let attempts = "attempts, counted and logged"
    private static let endings = "endings without a log line"

    private static let cases: [(falsified: String, differences: [String])] = [
        ("UPDATE ledger_counters SET accepted = accepted + 1 WHERE slot = 0", [accepted]),
        ("UPDATE ledger_counters SET attempts = attempts - 1 WHERE slot = 0", [attempts]),
        ("UPDATE ledger_counters SET pruned_succeeded = 1 WHERE slot = 0", [succeeded]),
        ("UPDATE ledger_counters SET pruned_dead = 1 WHERE slot = 0", [dead]),
        ("UPDATE ledger_counters SET pruned_cancelled = 1 WHERE slot = 0", [cancelled]),
        ("UPDATE ledger_counters SET pruned_attempts = 1 WHERE slot = 0", [attempts]),
        ("UPDATE ledger_counters SET succeeded = succeeded + 1, accepted = accepted + 1 WHERE slot = 0", [succeeded]),
        ("UPDATE ledger_counters SET dead = dead + 1, accepted = accepted + 1 WHERE slot = 0", [dead]),
        ("UPDATE ledger_counters SET cancelled = cancelled + 1, accepted = accepted + 1 WHERE slot = 0", [cancelled]),
        ("UPDATE ledger_counters SET succeeded = succeeded + 1, dead = dead - 1 WHERE slot = 0", [succeeded, dead]),
        ("DELETE FROM jobs WHERE state = 'pending'", [accepted]),
        ("DELETE FROM jobs WHERE state = 'succeeded'", [succeeded]),
        ("DELETE FROM jobs WHERE state = 'dead'", [dead]),
        ("DELETE FROM jobs WHERE state = 'cancelled'", [cancelled]),
        (
            """
            INSERT INTO jobs SELECT (t.j).* FROM (
                SELECT jsonb_populate_record(j, '{"id":"00000000-0000-0000-0000-000000000001"}') AS j FROM jobs j WHERE state = 'pending') t
            """, [accepted]
        ),
        ("DELETE FROM integration_log WHERE outcome = 'retried'", [attempts]),
        ("UPDATE integration_log SET type = 'attempt' WHERE outcome = 'snoozed'", [attempts]),
        ("UPDATE integration_log SET attempt = 99 WHERE outcome = 'succeeded'", [endings]),
        ("UPDATE integration_log SET attempt = 99 WHERE outcome = 'dead'", [endings]),
        ("UPDATE jobs SET attempt = 99 WHERE state = 'succeeded'", [endings]),
        ("DELETE FROM integration_log WHERE outcome = 'succeeded'", [attempts, endings]),
    ]

    @Test(arguments: cases) func `whatever is falsified is named, and nothing else`(falsified: String, differences: [String]) async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(5))
            try await queue.settle([jobs[0].id], attempt: 1, ending: .succeeded)
            try await queue.bury([jobs[1]])
            try await queue.settle([jobs[2].id], attempt: 1, ending: .cancelled)
            try await queue.settle([jobs[3].id], attempt: 1, ending: .retried)
            try await queue.settle([jobs[3].id], attempt: 2, ending: .succeeded)
            try await queue.settle([jobs[4].id], attempt: 1, ending: .snoozed)
            #expect(try await queue.audit.books().differences == [])
            #expect(try await queue.pool.query(falsified).affected > 0)
            let found = try await queue.audit.books().differences
            #expect(found.map { String($0.prefix { $0 != ":" }) } == differences, "\(found)")
        }
    }

    @Test func `an ending whose day of the log is gone is none without a line, one at the horizon is`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            try await queue.settle(jobs.map(\.id), attempt: 1, ending: .succeeded)
            _ = try await queue.pool.query("UPDATE integration_log SET attempt = 99")
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = now() - interval '1 microsecond' WHERE id = $1", [.id(jobs[0].id.value)])
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = (SELECT settled_at FROM jobs WHERE id = $1) + interval '1 microsecond' WHERE id = $2",
                [.id(jobs[0].id.value), .id(jobs[1].id.value)])
            _ = try await queue.pool.query("UPDATE log_horizon SET kept_from = (SELECT max(settled_at) FROM jobs)")
            #expect(try await queue.audit.books().unloggedEndings == 1)
        }
    }
}
