package import Postgres
package import Primitives

/// A user as the sign-in meets them.
package struct SignInRow: Sendable {
    package var user: UserID
    /// Nil for a user who has no password.
    package var hash: String?
}

/// Hashes of passwords. They are apart from the users, so that nothing which reads users can show one.
package struct PasswordTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(email: String, workspace: WorkspaceID) async throws -> SignInRow? {
        let rows = try await pool.query(
            """
            SELECT u.id, p.hash FROM users u LEFT JOIN passwords p ON p.user_id = u.id AND p.workspace_id = u.workspace_id
            WHERE u.workspace_id = $1 AND lower(u.email) = lower($2)
            """, [.id(workspace.value), .text(email)])
        return try rows.first.map { SignInRow(user: UserID(try $0.id(0)), hash: try $0.optionalText(1)) }
    }

    /// The user's sessions end with the old password, and so does all that was agreed to under it: who knew it may have let programs in.
    /// - Returns: the grants that were alive; nil when the workspace has no such user.
    package static func set(_ hash: String, of user: UserID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> [GrantID]? {
        let rows = try await connection.query(
            """
            WITH found AS (SELECT id, workspace_id FROM users WHERE id = $1 AND workspace_id = $2),
            ended AS (DELETE FROM sessions s USING found f WHERE s.workspace_id = f.workspace_id AND s.user_id = f.id)
            INSERT INTO passwords (user_id, workspace_id, hash) SELECT id, workspace_id, $3 FROM found
            ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now() RETURNING user_id
            """, [.id(user.value), .id(workspace.value), .text(hash)])
        guard !rows.isEmpty else { return nil }
        return try await GrantTable.revokeAll(of: user, workspace: workspace, reason: "password_changed", on: connection)
    }

    /// The same password under other parameters; not when it was changed meanwhile.
    package func rehash(_ hash: String, instead old: String, of user: UserID, workspace: WorkspaceID) async throws {
        try await pool.query(
            "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND workspace_id = $2 AND hash = $4",
            [.id(user.value), .id(workspace.value), .text(hash), .text(old)])
    }

    /// - Returns: as `set`; nil when there is none.
    package static func remove(of user: UserID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> [GrantID]? {
        let rows = try await connection.query(
            """
            WITH ended AS (DELETE FROM sessions WHERE workspace_id = $2 AND user_id = $1)
            DELETE FROM passwords WHERE user_id = $1 AND workspace_id = $2 RETURNING user_id
            """, [.id(user.value), .id(workspace.value)])
        guard !rows.isEmpty else { return nil }
        return try await GrantTable.revokeAll(of: user, workspace: workspace, reason: "password_removed", on: connection)
    }
}

extension PasswordTable {
    /// Of a user whose row nobody changes until the transaction ends; nil when the workspace has no such user.
    package static func role(of user: UserID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> UserRole? {
        let rows = try await connection.query(
            "SELECT role FROM users WHERE id = $1 AND workspace_id = $2 FOR SHARE", [.id(user.value), .id(workspace.value)])
        return try rows.first.map { UserRole(rawValue: try $0.text(0)) ?? .learner }
    }

    /// The one user with this e-mail address.
    package func user(email: String, workspace: WorkspaceID) async throws -> UserID? { try await find(email: email, workspace: workspace)?.user }
}
