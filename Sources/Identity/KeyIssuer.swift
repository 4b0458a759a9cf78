package import Ledger
package import Postgres
package import Primitives

/// Makes API keys, and new secrets for old ones.
package struct KeyIssuer: Sendable {
    package struct Issued: Sendable {
        package let id: APIKeyID
        /// The only time that it can be read.
        package let secret: APIKeySecret
    }

    /// How long an old secret may go on beside its successor.
    package static let overlaps: ClosedRange<Duration> = .zero...(.seconds(7 * 86_400))
    package static let usualOverlap = Duration.seconds(86_400)

    private let keys: APIKeyTable
    private let ids: IdentifierSource

    package init(keys: APIKeyTable, ids: IdentifierSource = .system) {
        self.keys = keys
        self.ids = ids
    }

    /// - Parameters:
    ///   - expiresAt: microseconds since 1970; nil for never.
    ///   - networks: where it may be used from; empty for everywhere.
    ///   - connection: of the transaction that it is made in; nil for one of its own.
    package func issue(
        name: String, workspace: WorkspaceID, scopes: Set<Scope>, expiresAt: Int64? = nil, networks: [Network] = [],
        on connection: PostgresConnection? = nil
    ) async throws -> Issued {
        let secret = APIKeySecret.mint()
        let id = ids.next(APIKey.self)
        let key = NewAPIKey(
            id: id, workspace: workspace, name: name, prefix: secret.prefix, hash: secret.hash, scopes: scopes.names,
            networks: networks.map(\.description), expiresAt: expiresAt)
        if let connection { try await APIKeyTable.insert(key, on: connection) } else { try await keys.insert(key) }
        return Issued(id: id, secret: secret)
    }

    /// A new secret in the place of the key's own, which goes on for the overlap. Nil for a key that is not there.
    package static func rotate(
        _ id: APIKeyID, workspace: WorkspaceID, overlap: Duration = usualOverlap, on connection: PostgresConnection
    ) async throws -> Issued? {
        let secret = APIKeySecret.mint()
        let isThere = try await APIKeyTable.rotate(
            id, workspace: workspace, prefix: secret.prefix, hash: secret.hash, overlap: overlap.microseconds, on: connection)
        return isThere ? Issued(id: id, secret: secret) : nil
    }
}
