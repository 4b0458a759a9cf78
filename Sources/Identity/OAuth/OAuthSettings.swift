package import Primitives

/// How long things live, and what is let in.
package struct OAuthSettings: Sendable {
    package var accessTokens = Duration.seconds(15 * 60)
    package var codes = Duration.seconds(60)
    /// A refresh token that nobody uses.
    package var refreshIdle = Duration.seconds(30 * 86_400)
    /// A grant, however often it is refreshed.
    package var grants = Duration.seconds(365 * 86_400)
    /// How long a client with a secret is given its answer again for a refresh token that it used already. Of a public client every reuse is a theft.
    package var grace = Duration.seconds(30)
    package var graceRepeats: Int32 = 10
    /// How long a client's old secret is good beside the new one.
    package var secretOverlap = Duration.seconds(86_400)
    /// What a program has to present to register itself; nil where none may.
    package var registrationToken: Redacted<String>?
    /// Whether a proof of possession has to name a nonce of ours (DPoP, RFC 9449 §8).
    package var requiresNonces = false
    /// `JWT_SECRET`: signs in the place of the ledger's keys. For one machine: whoever can verify with it can sign with it.
    package var sharedSecret: Redacted<String>?

    /// Of an access token: a key is kept for so long after its last signature.
    package static let longestAccessTokens = Duration.seconds(86_400)

    package init() {}
}
