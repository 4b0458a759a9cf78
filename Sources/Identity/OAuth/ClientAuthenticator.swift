package import Ledger
package import Primitives

/// Finds out which program makes a request of OAuth.
package struct ClientAuthenticator: Sendable {
    /// What a request says of its client.
    package struct Presented: Sendable {
        package enum Proof: Sendable {
            /// Of a client that only names itself.
            case none
            case secret(Redacted<String>)
            case assertion(Redacted<String>)
        }

        package var clientID: String
        package var proof: Proof

        package init(clientID: String, proof: Proof) {
            self.clientID = clientID
            self.proof = proof
        }
    }

    private let table: OAuthClientTable
    private let issuer: Issuer
    private let uses: FirstUses
    private static let longestID = 128

    package init(table: OAuthClientTable, issuer: Issuer, uses: FirstUses) {
        self.table = table
        self.issuer = issuer
        self.uses = uses
    }

    /// Where a secret comes in, in the header or in the form, makes no difference: it is the same secret.
    ///
    /// Throws `invalid_client` for one that is unknown, revoked, has another secret, has none and brings one, or has one and brings none: which of them
    /// is nobody's business. Changes nothing, so that a client which tries another way loses nothing by it; an assertion is used up, though.
    /// - Parameter endpoints: paths by which an assertion may call us, beside the issuer's own name.
    package func authenticate(_ presented: Presented, endpoints: [String] = []) async throws -> OAuthClientRow {
        let refusal = OAuthRefusal(.invalidClient, "The client is not known, or it did not prove who it is.")
        guard presented.clientID.utf8.count <= Self.longestID, let client = try await table.find(clientID: presented.clientID) else { throw refusal }
        let isProven =
            switch (presented.proof, ClientMetadata.AuthMethod(rawValue: client.authMethod)) {
            case (.none, .none?): true
            case (.secret(let secret), .basic?), (.secret(let secret), .post?): Self.matches(OpaqueToken(known: secret.exposed), client)
            case (.assertion(let text), .privateKey?): await matches(text, client, endpoints)
            default: false
            }
        guard isProven else { throw refusal }
        return client
    }

    private static func matches(_ secret: OpaqueToken, _ client: OAuthClientRow) -> Bool {
        let isOld = client.oldSecretHash.map { secret.matches(hash: $0) } ?? false
        return client.secretHash.map { secret.matches(hash: $0) } ?? false || isOld
    }

    private func matches(_ assertion: Redacted<String>, _ client: OAuthClientRow, _ endpoints: [String]) async -> Bool {
        let now = WallClock.now / 1_000_000
        let audiences = Set([issuer.url] + endpoints.map(issuer.url(of:)))
        guard let keys = client.keys.flatMap({ ClientKeys(stored: $0) }),
            let found = try? ClientAssertion(verifying: assertion.exposed, client: client.clientID, keys: keys, audiences: audiences, now: now)
        else { return false }
        return await uses.isFirst(.assertion, "\(client.id) \(found.id)", for: found.usableFor(at: now) + 5)
    }
}
