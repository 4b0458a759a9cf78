/// Brings a schema up to date. Any number of processes may try at once: each step is taken by one of them, under an advisory lock that lasts as
/// long as its transaction, so that it works behind a transaction pooler too.
package struct Migrator: Sendable {
    /// "voicera" would do as well: any number that nobody else locks.
    private static let lock: Int64 = 0x766f_6963_6572_61
    /// A step may rewrite a large table; the usual statement timeout would end it.
    private static let stepMinutes = 30
    private let migrations: [Migration]

    package init(_ migrations: [Migration]) { self.migrations = migrations }

    /// Applies what is missing, each migration in a transaction of its own. What was applied before a failure stays.
    /// - Returns: the names that this call applied.
    package func apply(on pool: PostgresPool) async throws -> [String] {
        try checkNumbers()
        var applied: [String] = []
        while let name = try await applyNext(on: pool) { applied.append(name) }
        return applied
    }

    /// The names that `apply` would apply, in order. Fails like it on a schema that does not fit.
    package func pending(on pool: PostgresPool) async throws -> [String] {
        try checkNumbers()
        return try await pool.withTransaction(readOnly: true) { connection in
            let exists = try await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
            guard try exists.first?.bool(0) == true else { return migrations.map(\.name) }
            return try await missing(on: connection).map(\.migration.name)
        }
    }

    private func checkNumbers() throws(MigrationError) {
        for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
            throw .misnumbered(name: migration.name)
        }
    }

    /// One step in one transaction; nil when nothing is missing.
    private func applyNext(on pool: PostgresPool) async throws -> String? {
        try await pool.withTransaction { connection in
            // Waiting for another process's step takes as long as that step.
            try await connection.query("SET LOCAL statement_timeout = '\(Self.stepMinutes)min'")
            try await lock(connection)
            guard let next = try await missing(on: connection).first else { return nil }
            try await run(next.migration, on: connection)
            try await connection.query(
                "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", [.text(next.migration.name), .text(next.checksum)])
            return next.migration.name
        }
    }

    private func lock(_ connection: PostgresConnection) async throws {
        let script = """
            SELECT pg_advisory_xact_lock(\(Self.lock));
            CREATE TABLE IF NOT EXISTS schema_migrations
                (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """
        try await connection.execute(script: script, within: .seconds(60 * Self.stepMinutes))
    }

    private func run(_ migration: Migration, on connection: PostgresConnection) async throws {
        do throws(PostgresError) {
            try await connection.execute(script: migration.sql, within: .seconds(60 * Self.stepMinutes))
        } catch {
            throw MigrationError.failed(name: migration.name, error)
        }
        guard connection.condition == .inTransaction else { throw MigrationError.leftTransaction(name: migration.name) }
    }

    /// The migrations after the last applied one, with their checksums.
    private func missing(on connection: PostgresConnection) async throws -> [(migration: Migration, checksum: String)] {
        let rows = try await connection.query("SELECT name, checksum FROM schema_migrations ORDER BY name")
        var applied: [String: String] = [:]
        for row in rows { applied[try row.text(0)] = try row.text(1) }

        var missing: [(migration: Migration, checksum: String)] = []
        for (migration, checksum) in zip(migrations, try await checksums(on: connection)) {
            guard let recorded = applied.removeValue(forKey: migration.name) else {
                missing.append((migration, checksum))
                continue
            }
            if let skipped = missing.first { throw MigrationError.gap(name: skipped.migration.name) }
            guard recorded == checksum else { throw MigrationError.edited(name: migration.name) }
        }
        if let stranger = applied.keys.min() { throw MigrationError.unknown(name: stranger) }
        return missing
    }

    /// SHA-256, by the server, so that no cryptography is linked for it.
    private func checksums(on connection: PostgresConnection) async throws -> [String] {
        let sql = "SELECT encode(sha256(convert_to(text, 'UTF8')), 'hex') FROM unnest($1) WITH ORDINALITY AS all_texts (text, place) ORDER BY place"
        return try await connection.query(sql, [.texts(migrations.map(\.sql))]).map { try $0.text(0) }
    }
}
