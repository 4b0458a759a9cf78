/// Why the OAuth server does not do what it was asked for: a word of RFC 6749 and its sisters, and a sentence for people.
package struct OAuthRefusal: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
        case invalidProof = "invalid_dpop_proof"
        case useNonce = "use_dpop_nonce"
        case invalidToken = "invalid_token"
        case temporarilyUnavailable = "temporarily_unavailable"
        case invalidRedirectURI = "invalid_redirect_uri"
        case invalidClientMetadata = "invalid_client_metadata"
    }

    package var code: Code
    package var detail: String
    /// For the client's next proof (RFC 9449 §8).
    package var nonce: String?

    package init(_ code: Code, _ detail: String, nonce: String? = nil) {
        self.code = code
        self.detail = detail
        self.nonce = nonce
    }

    /// One answer for every way in which a code or a refresh token is no good: which of them is nobody's business.
    static let notGood = OAuthRefusal(.invalidGrant, "The code or token is unknown, over, or another client's.")
}
