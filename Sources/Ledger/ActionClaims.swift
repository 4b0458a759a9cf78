package import Postgres
import Primitives

/// Claims of actions that are not one transaction of their own, such as a pause, which is a row in the ledger and a word to the index. The claim is
/// taken before, and answered after: between the two a repeated request is told to wait. Who dies in between leaves a claim that is taken over after a
/// minute, so that such an action has to be one that may be done twice.
package struct ActionClaims: Sendable {
    package enum Verdict: Sendable {
        case granted
        case replayed(String)
        case mismatch
        case inProgress
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func take(_ claim: IdempotencyClaim) async throws -> Verdict {
        let rows = try await pool.query(
            """
            INSERT INTO idempotency_keys AS k (workspace_id, key, fingerprint, answer) VALUES ($1, $2, $3, '')
            ON CONFLICT (workspace_id, key) DO UPDATE SET created_at = CASE WHEN k.answer = '' AND k.fingerprint = excluded.fingerprint
                AND k.created_at < now() - interval '1 minute' THEN now() ELSE k.created_at END
            RETURNING fingerprint, answer, created_at = now()
            """,
            [.id(claim.workspace.value), .text(claim.key), .bytes(claim.fingerprint)])
        guard let row = rows.first else { return .inProgress }
        if try row.bytes(0) != claim.fingerprint { return .mismatch }
        let answer = try row.text(1)
        if !answer.isEmpty { return .replayed(answer) }
        return try row.bool(2) ? .granted : .inProgress
    }

    package func store(_ answer: String, for claim: IdempotencyClaim) async throws {
        try await pool.query(
            "UPDATE idempotency_keys SET answer = $3 WHERE workspace_id = $1 AND key = $2 AND answer = ''",
            [.id(claim.workspace.value), .text(claim.key), .text(answer)])
    }

    /// Nothing was done, or nothing that has to be remembered: the key is free again.
    package func giveBack(_ claim: IdempotencyClaim) async throws {
        try await pool.query(
            "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND key = $2 AND answer = ''", [.id(claim.workspace.value), .text(claim.key)])
    }
}
