import Postgres
package import Primitives

/// What dead letters are counted by.
package enum DeadLetterGrouping: String, Sendable, CaseIterable {
    case fingerprint, kind, errorClass, lane, queue

    var column: String { self == .errorClass ? "error_class" : rawValue }
}

/// Dead letters that have something in common.
package struct DeadLetterGroup: Sendable {
    /// What they have in common. Nil for those that have no error class, or no fingerprint yet.
    package var key: String?
    package var count: Int64
    /// When the first and the last of them died.
    package var oldest: Int64
    package var newest: Int64
    /// Nil when they are of several.
    package var kind: String?
    package var errorClass: String?
    /// The youngest of them.
    package var sample: JobID
    package var message: String?
}

extension DeadLetterTable {
    /// The largest groups first.
    package func groups(
        by grouping: DeadLetterGrouping, workspace: WorkspaceID, filter: DeadLetterFilter = DeadLetterFilter(), after offset: Int64 = 0, limit: Int
    ) async throws -> [DeadLetterGroup] {
        let rows = try await pool.query(
            """
            WITH g AS (
                SELECT \(grouping.column) AS key, count(*) AS n, min(settled_at) AS oldest, max(settled_at) AS newest, max(id::text)::uuid AS sample,
                    CASE WHEN min(kind) = max(kind) THEN min(kind) END AS kind,
                    CASE WHEN min(error_class) = max(error_class) THEN min(error_class) END AS error_class
                FROM jobs WHERE workspace_id = $1 AND \(filter.condition(from: 4))
                GROUP BY 1 ORDER BY n DESC, key LIMIT $3 OFFSET $2)
            SELECT g.key, g.n, g.oldest, g.newest, g.kind, g.error_class, g.sample, j.error_message
            FROM g JOIN jobs j ON j.id = g.sample ORDER BY g.n DESC, g.key
            """,
            [.id(workspace.value), .int64(offset), .int64(Int64(limit))] + filter.parameters)
        return try rows.map { row in
            DeadLetterGroup(
                key: try row.optionalText(0), count: try row.int64(1), oldest: try row.timestamp(2), newest: try row.timestamp(3),
                kind: try row.optionalText(4), errorClass: try row.optionalText(5), sample: JobID(try row.id(6)), message: try row.optionalText(7))
        }
    }

    /// Gives fingerprints to jobs that a release without them buried.
    /// - Returns: how many there were, at most the limit.
    package func addFingerprints(limit: Int) async throws -> Int {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                SELECT id, error_message FROM jobs WHERE state = 'dead' AND fingerprint IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
                """, [.int64(Int64(limit))])
            guard !rows.isEmpty else { return 0 }
            _ = try await connection.query(
                """
                UPDATE jobs j SET fingerprint = \(Fingerprint.sql(kind: "j.kind", errorClass: "j.error_class", message: "t.normalised"))
                FROM unnest($1::uuid[], $2::text[]) AS t (id, normalised) WHERE j.id = t.id
                """,
                [.ids(try rows.map { try $0.id(0) }), .texts(try rows.map { Fingerprint.normalised(try $0.optionalText(1) ?? "") })])
            return rows.count
        }
    }
}
