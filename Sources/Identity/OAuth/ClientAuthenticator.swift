package import Ledger
package import Primitives

/// Finds out which program makes a request of OAuth.
package struct ClientAuthenticator: Sendable {
    /// What a request says of its client.
    package struct Presented: Sendable {
        package var clientID: String
        /// Nil for a client that only names itself.
        package var secret: Redacted<String>?

        package init(clientID: String, secret: Redacted<String>?) {
            self.clientID = clientID
            self.secret = secret
        }
    }

    private let table: OAuthClientTable
    private static let longestID = 128

    package init(table: OAuthClientTable) { self.table = table }

    /// Where a secret comes in, in the header or in the form, makes no difference: it is the same secret.
    ///
    /// Throws `invalid_client` for one that is unknown, revoked, has another secret, has none and brings one, or has one and brings none: which of them
    /// is nobody's business. Changes nothing, so that a client which tries another way loses nothing by it.
    package func authenticate(_ presented: Presented) async throws -> OAuthClientRow {
        let refusal = OAuthRefusal(.invalidClient, "The client is not known, or it did not prove who it is.")
        guard presented.clientID.utf8.count <= Self.longestID, let client = try await table.find(clientID: presented.clientID) else { throw refusal }
        guard let stored = client.secretHash else {
            guard presented.secret == nil else { throw refusal }
            return client
        }
        guard let secret = presented.secret.map({ OpaqueToken(known: $0.exposed) }) else { throw refusal }
        let isOld = client.oldSecretHash.map { secret.matches(hash: $0) } ?? false
        guard secret.matches(hash: stored) || isOld else { throw refusal }
        return client
    }
}
