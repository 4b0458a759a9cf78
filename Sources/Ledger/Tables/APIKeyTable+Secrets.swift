package import Postgres
package import Primitives

extension APIKeyTable {
    /// Puts a new secret into the place of the key's own, which goes on beside it for the overlap. False for a key that is not there.
    /// - Parameter overlap: microseconds.
    package static func rotate(
        _ id: APIKeyID, workspace: WorkspaceID, prefix: String, hash: [UInt8], overlap: Int64, on connection: PostgresConnection
    ) async throws -> Bool {
        let key: [PostgresValue] = [.id(id.value), .id(workspace.value)]
        let rows = try await connection.query(
            "SELECT prefix, hash FROM api_keys WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL FOR UPDATE", key)
        guard let old = rows.first else { return false }
        _ = try await connection.query("DELETE FROM api_key_old_secrets WHERE key_id = $1 AND workspace_id = $2 AND until <= now()", key)
        if overlap > 0 {
            _ = try await connection.query(
                """
                INSERT INTO api_key_old_secrets (prefix, key_id, workspace_id, hash, until)
                VALUES ($3, $1, $2, $4, now() + $5 * interval '1 microsecond')
                """, key + [.text(try old.text(0)), .bytes(try old.bytes(1)), .int64(overlap)])
        }
        _ = try await connection.query("UPDATE api_keys SET prefix = $3, hash = $4 WHERE id = $1 AND workspace_id = $2", key + [.text(prefix), .bytes(hash)])
        return true
    }

    /// Ends the secrets that go on beside the newest one. How many there were.
    package static func endOverlap(_ id: APIKeyID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Int {
        let rows = try await connection.query(
            "DELETE FROM api_key_old_secrets WHERE key_id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        return rows.affected
    }
}
