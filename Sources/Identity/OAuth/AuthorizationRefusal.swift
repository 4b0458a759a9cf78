/// An error that a client is sent through the browser (RFC 6749 §4.1.2.1).
package struct AuthorizationRefusal: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        case invalidRequest = "invalid_request"
        case unauthorizedClient = "unauthorized_client"
        case accessDenied = "access_denied"
        case unsupportedResponseType = "unsupported_response_type"
        case invalidScope = "invalid_scope"
        case loginRequired = "login_required"
        case consentRequired = "consent_required"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        case invalidTarget = "invalid_target"
    }

    package var code: Code
    /// Of the letters that RFC 6749 allows: no quotes, no backslash.
    package var detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    static func invalidRequest(_ detail: String) -> Self { Self(.invalidRequest, detail) }
}
