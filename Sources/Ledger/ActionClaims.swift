package import Postgres
package import Primitives

/// Claims of actions that are not one transaction of their own, such as a pause, which is a row in the ledger and a word to the index. The claim is
/// taken before, and answered after: between the two a repeated request is told to wait. Who dies in between leaves a claim that another one takes over
/// after a minute, so that such an action has to be one that may be done twice.
package struct ActionClaims: Sendable {
    package enum Verdict: Sendable {
        case granted
        case replayed(String)
        case mismatch
        case inProgress
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameter owner: of this request alone: what it was granted nobody else answers or gives back.
    package func take(_ claim: IdempotencyClaim, for owner: Identifier) async throws -> Verdict {
        let key: [PostgresValue] = [.id(claim.workspace.value), .text(claim.key)]
        let taken = try await pool.query(
            """
            INSERT INTO idempotency_keys AS k (workspace_id, key, fingerprint, answer, owner) VALUES ($1, $2, $3, '', $4)
            ON CONFLICT (workspace_id, key) DO UPDATE SET created_at = now(), owner = excluded.owner
            WHERE k.answer = '' AND k.fingerprint = excluded.fingerprint AND k.created_at < now() - interval '1 minute'
            """, key + [.bytes(claim.fingerprint), .id(owner)])
        if taken.affected == 1 { return .granted }
        let rows = try await pool.query("SELECT fingerprint, answer FROM idempotency_keys WHERE workspace_id = $1 AND key = $2", key)
        // Given back in between: free for who asks once more.
        guard let row = rows.first else { return .inProgress }
        if try row.bytes(0) != claim.fingerprint { return .mismatch }
        let answer = try row.text(1)
        return answer.isEmpty ? .inProgress : .replayed(answer)
    }

    package func store(_ answer: String, for claim: IdempotencyClaim, of owner: Identifier) async throws {
        try await pool.query(
            "UPDATE idempotency_keys SET answer = $3 WHERE workspace_id = $1 AND key = $2 AND answer = '' AND owner = $4",
            [.id(claim.workspace.value), .text(claim.key), .text(answer), .id(owner)])
    }

    /// Nothing was done, or nothing that has to be remembered: the key is free again.
    package func giveBack(_ claim: IdempotencyClaim, of owner: Identifier) async throws {
        try await pool.query(
            "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND key = $2 AND answer = '' AND owner = $3",
            [.id(claim.workspace.value), .text(claim.key), .id(owner)])
    }
}
