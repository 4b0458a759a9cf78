import Ledger
package import Postgres
package import Primitives

/// The client that the settings name: there from the first start, in the oldest workspace, with every scope.
package struct BootstrapClient: Sendable {
    package enum Outcome: Sendable, Equatable {
        case ready
        /// Nobody can be a client of nothing; the next start finds one.
        case noWorkspace
        /// Its name is another's, or it was revoked, which a setting does not undo.
        case notOurs
    }

    package var id: String
    package var secret: Redacted<String>
    package var redirectURIs: [String]

    package init(id: String, secret: Redacted<String>, redirectURIs: [String] = []) {
        self.id = id
        self.secret = secret
        self.redirectURIs = redirectURIs
    }

    /// A name that no id of ours can have: whoever is named by a token is one of the two.
    package static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && !text.hasPrefix("\(User.prefix)_") && !text.hasPrefix("\(OAuthClient.prefix)_")
            && text.utf8.allSatisfy(isPlain)
    }

    /// Makes it, or gives it the secret and the addresses that are set now.
    package func ensure(in pool: PostgresPool, ids: IdentifierSource = .system) async throws -> Outcome {
        guard let workspace = try await WorkspaceTable(pool: pool).first() else { return .noWorkspace }
        let metadata = ClientMetadata(
            name: id, authMethod: .basic, grantTypes: redirectURIs.isEmpty ? [.clientCredentials] : GrantType.allCases, redirectURIs: redirectURIs,
            scopes: Scope.all)
        let client = metadata.client(
            ids.next(), workspace: workspace.id, clientID: id, secret: OpaqueToken(known: secret.exposed))
        return try await OAuthClientTable(pool: pool).ensure(client) ? .ready : .notOurs
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }
}
