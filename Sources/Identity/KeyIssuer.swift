package import Ledger
package import Primitives

/// Makes API keys.
package struct KeyIssuer: Sendable {
    package struct Issued: Sendable {
        package let id: APIKeyID
        /// The only time that it can be read.
        package let secret: APIKeySecret
    }

    private let keys: APIKeyTable
    private let ids: IdentifierSource

    package init(keys: APIKeyTable, ids: IdentifierSource = .system) {
        self.keys = keys
        self.ids = ids
    }

    /// - Parameter expiresAt: microseconds since 1970; nil for never.
    package func issue(name: String, workspace: WorkspaceID, scopes: Set<Scope>, expiresAt: Int64? = nil) async throws -> Issued {
        let secret = APIKeySecret.mint()
        let id = ids.next(APIKey.self)
        try await keys.insert(
            NewAPIKey(
                id: id, workspace: workspace, name: name, prefix: secret.prefix, hash: secret.hash, scopes: scopes.map(\.rawValue).sorted(),
                expiresAt: expiresAt))
        return Issued(id: id, secret: secret)
    }
}
