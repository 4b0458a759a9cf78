import JWTKit

/// What an access token says (RFC 9068), and what of ours it needs to be found again.
struct AccessTokenClaims: JWTPayload, Equatable {
    struct Confirmation: Codable, Equatable {
        /// SHA-256 thumbprint of the key that its user has to prove (RFC 9449).
        var jkt: String
    }

    var iss: String
    var aud: String
    /// A user's id, or the client's when it acts for itself.
    var sub: String
    var client_id: String
    /// Seconds since 1970.
    var iat: Int64
    var exp: Int64
    var jti: String
    var scope: String
    /// Workspace.
    var ws: String
    /// The family that it ends with.
    var grant: String
    var cnf: Confirmation?

    /// Nothing: who reads a token judges its times and names with what he knows.
    func verify(using _: some JWTAlgorithm) async throws {}
}
