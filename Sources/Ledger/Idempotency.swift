package import Postgres
package import Primitives

/// A client's promise that a request is the same one as before, to be kept for 24 hours.
package struct IdempotencyClaim: Sendable, Hashable {
    package var workspace: WorkspaceID
    package var key: String
    /// SHA-256 over method, path and body.
    package var fingerprint: [UInt8]

    package init(workspace: WorkspaceID, key: String, fingerprint: [UInt8]) {
        self.workspace = workspace
        self.key = key
        self.fingerprint = fingerprint
    }

    /// Forgets the keys that were used more than 24 hours ago, a page at a time.
    package static func prune(on pool: PostgresPool) async throws {
        let perPage: Int64 = 5000
        var removed = perPage
        while removed == perPage {
            let rows = try await pool.query(
                """
                DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT $1
                    FOR UPDATE SKIP LOCKED))
                """, [.int64(perPage)])
            removed = Int64(rows.affected)
        }
    }
}

/// How a write that may carry a claim ended.
package enum Claimed<Answer: Sendable>: Sendable {
    case done(Answer)
    /// The key was used before with the same request; `answer` is what was stored for it then.
    case replayed(answer: String)
    /// The key was used before with another request.
    case mismatch
    /// Another request with the key is being committed at this moment.
    case inProgress
}

/// The claims of one commit, taken inside its transaction: the key and what it stands for are committed together, so that no crash can part them.
struct ClaimTable {
    enum Verdict { case granted, replayed(String), mismatch, inProgress }

    /// One verdict a claim, in order. Keys are locked in sorted order, so that two commits cannot wait for each other.
    static func take(_ claims: [IdempotencyClaim], on connection: PostgresConnection) async throws -> [Verdict] {
        var first: [IdempotencyKey: Int] = [:]
        for (index, claim) in claims.enumerated() where first[IdempotencyKey(claim)] == nil { first[IdempotencyKey(claim)] = index }
        let ordered = first.values.map { claims[$0] }.sorted { ($0.workspace, $0.key) < ($1.workspace, $1.key) }
        let granted = try await connection.query(
            """
            INSERT INTO idempotency_keys (workspace_id, key, fingerprint, answer)
            SELECT *, '' FROM unnest($1::uuid[], $2::text[], $3::bytea[])
            ON CONFLICT (workspace_id, key) DO NOTHING RETURNING workspace_id, key
            """,
            [.ids(ordered.map(\.workspace.value)), .texts(ordered.map(\.key)), .byteArrays(ordered.map(\.fingerprint))])
        var verdicts: [IdempotencyKey: Verdict] = [:]
        for row in granted { verdicts[IdempotencyKey(workspace: WorkspaceID(try row.id(0)), key: try row.text(1))] = .granted }
        let taken = ordered.filter { verdicts[IdempotencyKey($0)] == nil }
        if !taken.isEmpty {
            let rows = try await connection.query(
                """
                SELECT k.workspace_id, k.key, k.fingerprint, k.answer FROM idempotency_keys k
                JOIN unnest($1::uuid[], $2::text[]) AS t (workspace_id, key) USING (workspace_id, key)
                """,
                [.ids(taken.map(\.workspace.value)), .texts(taken.map(\.key))])
            for row in rows {
                let key = IdempotencyKey(workspace: WorkspaceID(try row.id(0)), key: try row.text(1))
                guard let index = first[key] else { continue }
                verdicts[key] = try row.bytes(2) == claims[index].fingerprint ? .replayed(try row.text(3)) : .mismatch
            }
        }
        return claims.enumerated().map { index, claim in
            let key = IdempotencyKey(claim)
            guard first[key] == index else { return .inProgress }
            return verdicts[key] ?? .inProgress
        }
    }

    static func store(_ answers: [(IdempotencyClaim, String)], on connection: PostgresConnection) async throws {
        guard !answers.isEmpty else { return }
        _ = try await connection.query(
            """
            UPDATE idempotency_keys k SET answer = t.answer FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t (workspace_id, key, answer)
            WHERE k.workspace_id = t.workspace_id AND k.key = t.key
            """,
            [.ids(answers.map(\.0.workspace.value)), .texts(answers.map(\.0.key)), .texts(answers.map(\.1))])
    }
}

private struct IdempotencyKey: Hashable {
    var workspace: WorkspaceID
    var key: String
}

extension IdempotencyKey {
    init(_ claim: IdempotencyClaim) { self.init(workspace: claim.workspace, key: claim.key) }
}
