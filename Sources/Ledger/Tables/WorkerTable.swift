package import Postgres
package import Primitives

/// A worker process as it reported itself.
package struct WorkerRow: Sendable {
    package var id: Identifier
    package var host: String
    package var pid: Int32
    package var release: String
    package var startedAt: Int64
    package var seenAt: Int64
    /// JSON text: `{queue: {slots, active}}`.
    package var queues: String
}

/// Workers of the fleet, as operators see them, and as a rebuild of the index waits for them.
package struct WorkerTable: Sendable {
    /// Without a report for this long a worker is gone.
    package static let silence = Duration.seconds(15)
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func report(_ id: Identifier, host: String, pid: Int32, release: String, queues: String) async throws {
        _ = try await pool.query(
            """
            INSERT INTO workers (id, host, pid, release, queues) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO UPDATE SET seen_at = now(), queues = excluded.queues
            """,
            [.id(id), .text(host), .int32(pid), .text(release), .text(queues)])
    }

    package func leave(_ id: Identifier) async throws { _ = try await pool.query("DELETE FROM workers WHERE id = $1", [.id(id)]) }

    /// Those that were heard of lately, the oldest first.
    package func list(heardWithin time: Duration = Self.silence) async throws -> [WorkerRow] {
        let rows = try await pool.query(
            """
            SELECT id, host, pid, release, started_at, seen_at, queues FROM workers
            WHERE seen_at > now() - $1 * interval '1 microsecond' ORDER BY started_at, id
            """, [.int64(time.microseconds)])
        return try rows.map {
            WorkerRow(
                id: try $0.id(0), host: try $0.text(1), pid: try $0.int32(2), release: try $0.text(3), startedAt: try $0.timestamp(4),
                seenAt: try $0.timestamp(5), queues: try $0.text(6))
        }
    }

    /// Forgets the silent ones.
    package func prune() async throws {
        _ = try await pool.query("DELETE FROM workers WHERE seen_at < now() - $1 * interval '1 microsecond'", [.int64((Self.silence * 20).microseconds)])
    }
}
