package import Ledger

/// Where the answer to an authorization request goes. Whoever has one may send errors there.
package struct AuthorizationTarget: Sendable, Equatable {
    /// Why nothing may be sent anywhere: the browser is shown a page.
    package enum Refusal: Error, Sendable, Equatable {
        case noClient
        case unknownClient
        case noRedirectURI
        case unknownRedirectURI
    }

    /// As the request had it, to the letter.
    package let redirectURI: String
    /// Given back to the letter. Nil also when it came twice: which of them was meant?
    package let state: String?

    /// - Parameter client: the one that `clientID(in:)` names; nil when there is none.
    package init(_ parameters: AuthorizationRequest.Parameters, client: OAuthClientRow?) throws(Refusal) {
        guard Self.clientID(in: parameters) != nil else { throw .noClient }
        guard let client else { throw .unknownClient }
        guard !parameters.repeated.contains("redirect_uri"), let requested = parameters["redirect_uri"] else { throw .noRedirectURI }
        guard client.redirectURIs.contains(where: { (try? RedirectURI(registering: $0))?.matches(requested) ?? false }) else {
            throw .unknownRedirectURI
        }
        redirectURI = requested
        state = parameters.repeated.contains("state") ? nil : parameters["state"]
    }

    package static func clientID(in parameters: AuthorizationRequest.Parameters) -> String? {
        parameters.repeated.contains("client_id") ? nil : parameters["client_id"]
    }

    /// The URI with an answer in its query; what was in there stays (RFC 6749 §3.1.2).
    package func url(_ answer: [(name: String, value: String)], issuer: String) -> String {
        let all = answer + (state.map { [("state", $0)] } ?? []) + [("iss", issuer)]
        let query = all.map { "\($0.0)=\(FormText.encode($0.1))" }.joined(separator: "&")
        guard redirectURI.contains("?") else { return "\(redirectURI)?\(query)" }
        return redirectURI.hasSuffix("?") || redirectURI.hasSuffix("&") ? redirectURI + query : "\(redirectURI)&\(query)"
    }

    package func url(_ refusal: AuthorizationRefusal, issuer: String) -> String {
        url([("error", refusal.code.rawValue), ("error_description", refusal.detail)], issuer: issuer)
    }

    /// As a source of a content security policy: browsers apply `form-action` to where a form's answer redirects, too.
    package var source: String {
        guard let colon = redirectURI.firstIndex(of: ":") else { return "'none'" }
        let scheme = redirectURI[..<colon].lowercased()
        guard ["http", "https"].contains(scheme) else { return "\(scheme):" }
        let authority = redirectURI[colon...].dropFirst("://".count).prefix { $0 != "/" && $0 != "?" }
        // The policy's grammar knows no IPv6 address.
        return authority.hasPrefix("[") ? "\(scheme):" : "\(scheme)://\(authority)"
    }
}
