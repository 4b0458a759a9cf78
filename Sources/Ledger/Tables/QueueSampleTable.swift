package import Postgres
import Primitives

/// What the ledger had of a queue at one moment.
package struct QueueSample: Sendable, Equatable {
    package var queue: String
    /// Jobs that may run.
    package var due: Int64
    /// Jobs that wait for their time.
    package var scheduled: Int64
    /// Dead letters.
    package var dead: Int64
    /// When the job that has been due for longest became due, in microseconds since 1970; nil when none is.
    package var oldestDueAt: Int64?
    /// When this was so, by the ledger's clock.
    package var sampledAt: Int64
    /// Microseconds since then, when it was read from the table.
    package var age: Int64

    package init(queue: String, due: Int64 = 0, scheduled: Int64 = 0, dead: Int64 = 0, oldestDueAt: Int64? = nil, sampledAt: Int64, age: Int64 = 0) {
        self.queue = queue
        self.due = due
        self.scheduled = scheduled
        self.dead = dead
        self.oldestDueAt = oldestDueAt
        self.sampledAt = sampledAt
        self.age = age
    }

    /// Microseconds that the oldest due job had waited when the sample was taken; 0 when none was due.
    package var lag: Int64 { oldestDueAt.map { max(0, sampledAt - $0) } ?? 0 }
}

/// The latest sample of each queue. The leader takes and writes them; any process reads them, for metrics and for `GET /api/queues`.
package struct QueueSampleTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// By queue. Empty until the first leader has sampled; older than some seconds while nobody leads or the backlog is huge.
    package func latest() async throws -> [QueueSample] {
        let rows = try await pool.query(
            """
            SELECT queue, due, scheduled, dead, oldest_due_at, sampled_at, (extract(epoch FROM now() - sampled_at) * 1000000)::int8
            FROM queue_samples ORDER BY queue
            """)
        return try rows.map { row in
            QueueSample(
                queue: try row.text(0), due: try row.int64(1), scheduled: try row.int64(2), dead: try row.int64(3),
                oldestDueAt: try row.optionalTimestamp(4), sampledAt: try row.timestamp(5), age: max(0, try row.int64(6)))
        }
    }

    /// Replaces the samples, for the leader of `term` only. Queues that are not among them are forgotten.
    package func store(_ samples: [QueueSample], term: LeaderTerm) async throws {
        _ = try await pool.query(
            """
            WITH lead AS (SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()),
            gone AS (DELETE FROM queue_samples WHERE queue <> ALL($4::text[]) AND EXISTS (SELECT 1 FROM lead))
            INSERT INTO queue_samples (queue, due, scheduled, dead, oldest_due_at, sampled_at)
            SELECT s.* FROM unnest($4::text[], $5::int8[], $6::int8[], $7::int8[], $8::timestamptz[], $9::timestamptz[]) AS s
            WHERE EXISTS (SELECT 1 FROM lead)
            ON CONFLICT (queue) DO UPDATE SET
                due = excluded.due, scheduled = excluded.scheduled, dead = excluded.dead, oldest_due_at = excluded.oldest_due_at,
                sampled_at = excluded.sampled_at
            """,
            term.parameters + [
                .texts(samples.map(\.queue)), .int64s(samples.map(\.due)), .int64s(samples.map(\.scheduled)), .int64s(samples.map(\.dead)),
                .optionalTimestamps(samples.map(\.oldestDueAt)), .optionalTimestamps(samples.map(\.sampledAt)),
            ])
    }

    /// Counts what the ledger has of each queue: one statement, in time with the rows that are pending or dead, whatever lies finished beside them.
    ///
    /// It runs on one processor and for at most `limit`; a statement that is stopped by it throws `timeout`.
    package func count(queues: [String], within limit: Duration) async throws -> [QueueSample] {
        try await pool.withTransaction(readOnly: true) { connection in
            try await connection.execute(script: Self.settings + "; SET LOCAL statement_timeout = \(limit.milliseconds)")
            return try await connection.query(Self.counting, [.texts(queues)]).map { row in
                QueueSample(
                    queue: try row.text(0), due: try row.int64(1), scheduled: try row.int64(2), dead: try row.int64(3),
                    oldestDueAt: try row.optionalTimestamp(4), sampledAt: try row.timestamp(5))
            }
        }
    }

    /// How `count` finds its rows, for the test that looks at it.
    package func plan(queues: [String]) async throws -> String {
        try await pool.withTransaction(readOnly: true) { connection in
            try await connection.execute(script: Self.settings)
            return try await connection.query("EXPLAIN \(Self.counting)", [.texts(queues)]).map { try $0.text(0) }.joined(separator: "\n")
        }
    }

    /// Of the transaction. Statistics that lag behind a sudden backlog must not make it read the finished rows too, and workers beside it would make its
    /// time say less than it costs.
    private static let settings = "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0"

    /// Each arm says what a partial index says, so that it is read through that index, and names none. A delayed job whose time has come is due, though
    /// it stands in the index of the delayed ones for a moment; one of a strict lane waits for its retry among those that are not delayed.
    private static let counting = """
        WITH counts AS (
            \(arm("NOT delayed AND failures = 0")) UNION ALL \(arm("NOT delayed AND failures > 0")) UNION ALL \(arm("delayed"))
            UNION ALL SELECT queue, 0, 0, count(*), NULL FROM jobs WHERE state = 'dead' GROUP BY queue)
        SELECT q.queue, coalesce(sum(due), 0)::int8, coalesce(sum(scheduled), 0)::int8, coalesce(sum(dead), 0)::int8, min(oldest), now()
        FROM unnest($1::text[]) AS q (queue) LEFT JOIN counts USING (queue) GROUP BY q.queue ORDER BY q.queue
        """

    private static func arm(_ condition: String) -> String {
        """
        SELECT queue, count(*) FILTER (WHERE run_at <= now()) AS due, count(*) FILTER (WHERE run_at > now()) AS scheduled, 0::int8 AS dead,
            min(run_at) FILTER (WHERE run_at <= now()) AS oldest
        FROM jobs WHERE state = 'pending' AND \(condition) GROUP BY queue
        """
    }
}
