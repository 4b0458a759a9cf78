package import Postgres
package import Primitives

/// A payload that a job has or had.
package struct PayloadVersion: Sendable {
    /// From 1, which is the payload that was accepted.
    package var version: Int32
    /// Nil for whoever had the job accepted.
    package var author: String?
    package var at: Int64
}

/// The payloads of a job. Only a dead letter's can be changed, so no attempt runs with one while another is written.
package struct PayloadVersionTable: Sendable {
    package enum Edit: Sendable, Equatable {
        case done(version: Int32)
        /// Somebody else has changed it since.
        case stale(current: Int32)
        /// It has as many versions as it may.
        case tooMany
        case notDead
        case notFound
    }

    /// Of one job.
    package static let mostVersions: Int32 = 100

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - payload: checked for the job's kind by the caller.
    ///   - expected: the version that the author has seen; nil to overwrite whatever is there.
    package func edit(
        _ job: JobID, payload: String, expected: Int32?, workspace: WorkspaceID, author: String
    ) async throws -> Edit {
        try await pool.withTransaction { connection in
            // The row is locked first: of two authors the second sees the first one's version.
            let rows = try await connection.query(
                "SELECT state::text FROM jobs WHERE id = $1 AND workspace_id = $2 FOR UPDATE", [.id(job.value), .id(workspace.value)])
            guard let row = rows.first else { return .notFound }
            guard try row.text(0) == JobState.dead.rawValue else { return .notDead }
            let current = try await Self.current(job, on: connection)
            if let expected, expected != current { return .stale(current: current) }
            guard current < Self.mostVersions else { return .tooMany }
            _ = try await connection.query(
                """
                INSERT INTO job_payload_versions (job_id, version, workspace_id, payload, author, at)
                SELECT id, 1, workspace_id, payload, NULL, created_at FROM jobs WHERE id = $1 AND $2 = 2
                UNION ALL SELECT $1, $2, $3, $4, $5, now()
                """,
                [.id(job.value), .int32(current + 1), .id(workspace.value), .text(payload), .text(author)])
            _ = try await connection.query("UPDATE jobs SET payload = $2 WHERE id = $1", [.id(job.value), .text(payload)])
            try await OperatorActionTable.record(
                workspace: workspace, actor: author, action: "dead_letters.edit", jobs: [job], detail: #"{"payloadVersion":\#(current + 1)}"#,
                on: connection)
            return .done(version: current + 1)
        }
    }

    /// Oldest first; the last one is the job's payload. Empty when the workspace has no such job.
    package func versions(of job: JobID, workspace: WorkspaceID) async throws -> [PayloadVersion] {
        let rows = try await pool.query(
            """
            SELECT version, author, at FROM job_payload_versions WHERE job_id = $1 AND workspace_id = $2
            UNION ALL
            SELECT 1, NULL, created_at FROM jobs WHERE id = $1 AND workspace_id = $2
                AND NOT EXISTS (SELECT 1 FROM job_payload_versions WHERE job_id = $1)
            ORDER BY 1
            """,
            [.id(job.value), .id(workspace.value)])
        return try rows.map { PayloadVersion(version: try $0.int32(0), author: try $0.optionalText(1), at: try $0.timestamp(2)) }
    }

    package func payload(_ version: Int32, of job: JobID, workspace: WorkspaceID) async throws -> (PayloadVersion, payload: String)? {
        let rows = try await pool.query(
            """
            SELECT author, at, payload FROM job_payload_versions WHERE job_id = $1 AND workspace_id = $2 AND version = $3
            UNION ALL
            SELECT NULL, created_at, payload FROM jobs WHERE id = $1 AND workspace_id = $2 AND $3 = 1
                AND NOT EXISTS (SELECT 1 FROM job_payload_versions WHERE job_id = $1)
            """,
            [.id(job.value), .id(workspace.value), .int32(version)])
        return try rows.first.map { row in
            (PayloadVersion(version: version, author: try row.optionalText(0), at: try row.timestamp(1)), try row.text(2))
        }
    }

    private static func current(_ job: JobID, on connection: PostgresConnection) async throws -> Int32 {
        try await connection.query("SELECT coalesce(max(version), 1) FROM job_payload_versions WHERE job_id = $1", [.id(job.value)]).first?.int32(0) ?? 1
    }
}
