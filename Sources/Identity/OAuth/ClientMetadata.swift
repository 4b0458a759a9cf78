package import Ledger
package import Primitives

/// How a client wants to be: what is asked of it before there is one, and after each change.
package struct ClientMetadata: Sendable, Equatable {
    package enum AuthMethod: String, Sendable, CaseIterable {
        case basic = "client_secret_basic"
        case post = "client_secret_post"
        case none = "none"
        /// By a signature of a key of its own (RFC 7523).
        case privateKey = "private_key_jwt"

        package var hasSecret: Bool { self == .basic || self == .post }
    }

    /// What does not fit, and which member it is.
    package struct Fault: Error, Sendable, Equatable {
        package enum Member: Sendable { case grantTypes, redirectURIs, authMethod, keys }
        package var member: Member
        package var reason: String
    }

    package static let mostRedirectURIs = 20
    package static let longestName = 200

    package var name: String
    package var authMethod: AuthMethod
    package var grantTypes: [GrantType]
    package var redirectURIs: [String]
    package var scopes: Set<Scope>
    /// Of a client that proves itself by a signature.
    package var keys: ClientKeys?

    package init(
        name: String, authMethod: AuthMethod, grantTypes: [GrantType], redirectURIs: [String], scopes: Set<Scope>, keys: ClientKeys? = nil
    ) {
        self.name = name
        self.authMethod = authMethod
        self.grantTypes = GrantType.allCases.filter(grantTypes.contains)
        self.redirectURIs = redirectURIs
        self.scopes = scopes
        self.keys = keys
    }

    package init(_ row: OAuthClientRow) {
        self.init(
            name: row.name, authMethod: AuthMethod(rawValue: row.authMethod) ?? .none, grantTypes: row.grantTypes.compactMap(GrantType.init(rawValue:)),
            redirectURIs: row.redirectURIs, scopes: Set(names: row.scopes), keys: row.keys.flatMap { ClientKeys(stored: $0) })
    }

    /// Everything that does not go together.
    package var faults: [Fault] {
        var faults: [Fault] = []
        let hasCode = grantTypes.contains(.authorizationCode)
        if grantTypes.isEmpty { faults.append(Fault(member: .grantTypes, reason: "must name a grant")) }
        if grantTypes.contains(.refreshToken), !hasCode {
            faults.append(Fault(member: .grantTypes, reason: "must name authorization_code beside refresh_token, which comes with it"))
        }
        if grantTypes.contains(.clientCredentials), authMethod == .none {
            faults.append(Fault(member: .authMethod, reason: "must not be none for client_credentials: anybody could name the client"))
        }
        if authMethod == .privateKey, keys == nil {
            faults.append(Fault(member: .keys, reason: "must hold the keys that private_key_jwt is verified by"))
        }
        if authMethod != .privateKey, keys != nil { faults.append(Fault(member: .keys, reason: "is for private_key_jwt only")) }
        if hasCode, redirectURIs.isEmpty { faults.append(Fault(member: .redirectURIs, reason: "must hold an address for authorization_code")) }
        for text in redirectURIs {
            do throws(RedirectURIError) { _ = try RedirectURI(registering: text) } catch {
                faults.append(Fault(member: .redirectURIs, reason: error.reason))
                break
            }
        }
        return faults
    }

    /// - Parameter registration: the token with which the client looks after itself.
    package func client(
        _ id: OAuthClientID, workspace: WorkspaceID, clientID: String? = nil, secret: OpaqueToken?, registration: OpaqueToken? = nil
    ) -> NewOAuthClient {
        NewOAuthClient(
            id: id, workspace: workspace, clientID: clientID, name: name, authMethod: authMethod.rawValue, grantTypes: grantTypes.map(\.rawValue),
            redirectURIs: redirectURIs, scopes: scopes.names, secretHash: secretHash(secret), registrationHash: registration?.hash, keys: keys?.text)
    }

    /// A client that signs has the hash of a secret that nobody knows: a release that does not know of keys must refuse it, not take it for one that has
    /// nothing to prove.
    package func secretHash(_ secret: OpaqueToken?) -> [UInt8]? {
        authMethod == .privateKey ? OpaqueToken.mint(.clientSecret).hash : secret?.hash
    }

    /// A new secret for those that have one.
    package var newSecret: OpaqueToken? { authMethod.hasSecret ? .mint(.clientSecret) : nil }
}
