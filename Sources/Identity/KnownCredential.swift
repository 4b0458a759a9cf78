/// A credential that was found to be in order, with all that decides how long and from where it may be used.
package struct KnownCredential: Sendable, Equatable {
    package var credential: Credential
    /// Microseconds since 1970; nil for never.
    package var expiresAt: Int64?
    /// Where it may be used from; empty for everywhere.
    package var networks: [Network]
    /// SHA-256 thumbprint (RFC 7638) of the key that a request has to prove it holds (DPoP); nil for a bearer.
    package var proofKey: String?
    /// Whose end is this one's end: a key, a grant, a client, a user, a workspace. A revocation names one of them.
    package var subjects: Set<String>

    package init(credential: Credential, expiresAt: Int64?, networks: [Network] = [], proofKey: String? = nil, subjects: Set<String>) {
        self.credential = credential
        self.expiresAt = expiresAt
        self.networks = networks
        self.proofKey = proofKey
        self.subjects = subjects
    }
}
