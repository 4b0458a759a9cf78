package import Postgres

/// Removes what nobody can use any more, a page at a time: codes, refresh tokens, grants, keys.
///
/// Used codes and rotated tokens stay for as long as a thief could have tried them: as long as they are known, their use gives him away.
package struct OAuthPruning: Sendable {
    private let pool: PostgresPool
    private static let perPage: Int64 = 2000

    package init(pool: PostgresPool) { self.pool = pool }

    package func run() async throws {
        try await pages("oauth_codes", "expires_at < now() - interval '1 day'", by: "expires_at")
        try await pages("oauth_refresh_tokens", "expires_at < now()", by: "expires_at")
        // With all their tokens.
        try await pages("oauth_grants", "least(expires_at, revoked_at) < now() - interval '1 day'", by: "least(expires_at, revoked_at)")
        try await pages("signing_keys", "leaves_at < now()", by: "leaves_at")
    }

    private func pages(_ table: String, _ condition: String, by order: String) async throws {
        var removed = Self.perPage
        while removed == Self.perPage {
            let rows = try await pool.query(
                """
                DELETE FROM \(table) WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM \(table) WHERE \(condition) ORDER BY \(order) LIMIT $1 FOR UPDATE SKIP LOCKED))
                """, [.int64(Self.perPage)])
            removed = Int64(rows.affected)
        }
    }
}
