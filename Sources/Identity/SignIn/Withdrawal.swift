import Ledger
package import Postgres
package import Primitives

/// Takes back what a user let a client do.
package struct Withdrawal: Sendable {
    private let consents: ConsentTable
    private let grants: GrantTable
    private let revocations: Revocations

    package init(pool: PostgresPool, revocations: Revocations) {
        consents = ConsentTable(pool: pool)
        grants = GrantTable(pool: pool)
        self.revocations = revocations
    }

    /// The user is asked again, and every token is over: at once where Redis says so, within a second elsewhere.
    /// - Returns: false when there was nothing to take back.
    package func take(user: UserID, client: OAuthClientID, workspace: WorkspaceID) async throws -> Bool {
        let isForgotten = try await consents.forget(user: user, client: client, workspace: workspace)
        let ended = try await grants.revoke(user: user, client: client, workspace: workspace, reason: "consent_revoked")
        await revocations.announce(Set(ended.map(\.description)))
        return isForgotten || !ended.isEmpty
    }
}
