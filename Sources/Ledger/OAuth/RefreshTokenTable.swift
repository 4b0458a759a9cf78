package import Postgres
package import Primitives

/// How the presentation of a refresh token ended.
package enum RefreshRotation: Sendable {
    /// It was its first use: the successor that was offered is in force.
    case rotated(GrantRow)
    /// It was used a moment ago by a client that may have lost the answer, which is given again.
    case repeated(GrantRow, successorSealed: [UInt8])
    /// Another request used it while this one was under way. Nothing is known to be wrong.
    case lostRace
    /// It was used before: the whole family has just been revoked.
    case reused(GrantID)
    /// Never issued, over, or another client's.
    case unknown
}

/// The refresh tokens of all grants, those that were rotated out among them: they give a thief away.
package struct RefreshTokenTable: Sendable {
    package struct Successor: Sendable {
        package var hash: [UInt8]
        package var sealed: [UInt8]
        /// How long it is good when nobody uses it.
        package var idle: Duration

        package init(hash: [UInt8], sealed: [UInt8], idle: Duration) {
            self.hash = hash
            self.sealed = sealed
            self.idle = idle
        }
    }

    /// How long, and how often, a used token is answered again.
    package struct Grace: Sendable {
        package var time: Duration
        package var repeats: Int32

        package init(time: Duration, repeats: Int32) {
            self.time = time
            self.repeats = repeats
        }

        package static let none = Grace(time: .zero, repeats: 0)
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - underWay: for how long the request has been here. A token that was rotated within that time was lost to a rival, not reused.
    ///   - accept: refuses by throwing, which leaves everything as it was.
    package func rotate(
        _ hash: [UInt8], of client: OAuthClientID, to successor: Successor, grace: Grace, underWay: Duration, accept: @Sendable (GrantRow) throws -> Void
    ) async throws -> RefreshRotation {
        try await pool.withTransaction { connection in
            let found = try await connection.query(
                """
                SELECT \(GrantTable.columns), t.rotated_at IS NOT NULL,
                    t.rotated_at > clock_timestamp() - $3 * interval '1 microsecond' AND t.repeats < $4,
                    t.rotated_at > now() - $5 * interval '1 microsecond', t.successor_sealed
                FROM oauth_refresh_tokens t JOIN oauth_grants g ON g.id = t.grant_id
                WHERE t.hash = $1 AND g.client_id = $2 AND g.revoked_at IS NULL AND g.expires_at > now() AND t.expires_at > now()
                FOR UPDATE
                """,
                [
                    .bytes(hash), .id(client.value), .int64(grace.time.microseconds), .int32(grace.repeats), .int64(underWay.microseconds),
                ])
            guard let row = found.first else { return .unknown }
            let grant = try GrantTable.row(row)
            guard try row.bool(8) else {
                try accept(grant)
                // The moment, not the transaction's begin: a rival that waited for the row has to see that it was later than its own.
                _ = try await connection.query(
                    "UPDATE oauth_refresh_tokens SET rotated_at = clock_timestamp(), successor_sealed = $2 WHERE hash = $1",
                    [.bytes(hash), .bytes(successor.sealed)])
                try await Self.insert(successor.hash, of: grant, idle: successor.idle, on: connection)
                return .rotated(grant)
            }
            if try row.bool(9), let sealed = try row.optionalBytes(11) {
                try accept(grant)
                _ = try await connection.query("UPDATE oauth_refresh_tokens SET repeats = repeats + 1 WHERE hash = $1", [.bytes(hash)])
                return .repeated(grant, successorSealed: sealed)
            }
            if try row.bool(10) { return .lostRace }
            _ = try await GrantTable.revoke(grant.id, reason: "refresh_token_reused", on: connection)
            return .reused(grant.id)
        }
    }

    /// The grant of a token that could be used at this moment. Nil for one that was rotated out.
    package func findLive(_ hash: [UInt8]) async throws -> (grant: GrantRow, expiresAt: Int64, createdAt: Int64)? {
        let rows = try await pool.query(
            """
            SELECT \(GrantTable.columns), least(t.expires_at, g.expires_at), t.created_at
            FROM oauth_refresh_tokens t JOIN oauth_grants g ON g.id = t.grant_id JOIN oauth_clients c ON c.id = g.client_id
            WHERE t.hash = $1 AND t.rotated_at IS NULL AND t.expires_at > now() AND g.revoked_at IS NULL AND g.expires_at > now()
                AND c.revoked_at IS NULL
            """, [.bytes(hash)])
        return try rows.first.map { (try GrantTable.row($0), try $0.timestamp(8), try $0.timestamp(9)) }
    }

    /// The grant that a token of this client belongs to, whatever became of the token.
    package func grant(of hash: [UInt8], client: OAuthClientID) async throws -> GrantID? {
        let rows = try await pool.query(
            "SELECT g.id FROM oauth_refresh_tokens t JOIN oauth_grants g ON g.id = t.grant_id WHERE t.hash = $1 AND g.client_id = $2",
            [.bytes(hash), .id(client.value)])
        return try rows.first.map { GrantID(try $0.id(0)) }
    }

    static func insert(_ hash: [UInt8], of grant: GrantRow, idle: Duration, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            INSERT INTO oauth_refresh_tokens (hash, workspace_id, grant_id, expires_at)
            VALUES ($1, $2, $3, least(now() + $4 * interval '1 microsecond', $5))
            """,
            [
                .bytes(hash), .id(grant.workspace.value), .id(grant.id.value), .int64(idle.microseconds),
                .timestamp(microsecondsSince1970: grant.expiresAt),
            ])
    }
}
