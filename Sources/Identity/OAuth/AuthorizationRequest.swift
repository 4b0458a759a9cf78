package import Ledger
import Primitives

/// What a client asks a user for, found to be in order (RFC 6749 §4.1.1 with RFC 7636, 9207, 9449 and 9700).
package struct AuthorizationRequest: Sendable {
    /// The parameters as they came: the first value of each name, and the names that came more than once.
    package struct Parameters: Sendable {
        package var values: [String: String]
        package var repeated: Set<String>

        package init(values: [String: String], repeated: Set<String>) {
            self.values = values
            self.repeated = repeated
        }

        /// Nil when it is absent or empty, which is the same (RFC 6749 §3.1).
        package subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// What of the sign-in a client wants, or does not want.
    package struct Prompt: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Show nothing: answer at once, or refuse.
        package static let none = Prompt(rawValue: 1)
        package static let login = Prompt(rawValue: 2)
        package static let consent = Prompt(rawValue: 4)
    }

    package let client: OAuthClientRow
    package let target: AuthorizationTarget
    /// As far as the client may ask; the user's role bounds it further.
    package let scopes: Set<Scope>
    package let challenge: PKCE
    package let prompt: Prompt
    /// Thumbprint of the key that the code will be bound to.
    package let proofKey: String?

    /// - Parameters:
    ///   - target: where the answer goes, from `AuthorizationTarget.init`, which comes first: before it is known, no error may be sent anywhere.
    ///   - resource: ours, for those who name it (RFC 8707).
    package init(_ parameters: Parameters, client: OAuthClientRow, target: AuthorizationTarget, resource: String) throws(AuthorizationRefusal) {
        if let name = parameters.repeated.sorted().first { throw .invalidRequest("The parameter \(Self.plain(name)) came more than once.") }
        guard client.grantTypes.contains("authorization_code") else {
            throw AuthorizationRefusal(.unauthorizedClient, "The client may not ask users for access.")
        }
        guard parameters["request"] == nil else { throw AuthorizationRefusal(.requestNotSupported, "Requests as JSON web tokens are not taken.") }
        guard parameters["request_uri"] == nil else {
            throw AuthorizationRefusal(.requestURINotSupported, "Only requests that were pushed to us can be referred to.")
        }
        guard let responseType = parameters["response_type"] else { throw .invalidRequest("The parameter response_type is missing.") }
        guard responseType == "code" else { throw AuthorizationRefusal(.unsupportedResponseType, "The only response_type is code.") }
        guard [nil, "query"].contains(parameters["response_mode"]) else { throw .invalidRequest("The only response_mode is query.") }
        do throws(PKCE.Refusal) {
            challenge = try PKCE(challenge: parameters["code_challenge"], method: parameters["code_challenge_method"])
        } catch {
            throw .invalidRequest(Self.words(for: error))
        }
        scopes = try Self.scopes(parameters["scope"], client: client)
        prompt = try Self.prompt(parameters["prompt"])
        proofKey = parameters["dpop_jkt"]
        if let proofKey, !DPoPProof.isThumbprint(proofKey) { throw .invalidRequest("The parameter dpop_jkt is no SHA-256 thumbprint.") }
        if let named = parameters["resource"], named != resource, named != resource + "/", named != resource + "/api" {
            throw AuthorizationRefusal(.invalidTarget, "The resource is not ours.")
        }
        self.client = client
        self.target = target
    }

    /// What the user is asked for.
    package func scopes(for role: UserRole) -> Set<Scope> { scopes.intersection(role.grantable) }

    private static func scopes(_ text: String?, client: OAuthClientRow) throws(AuthorizationRefusal) -> Set<Scope> {
        let allowed = Set(names: client.scopes)
        guard let text else { return allowed }
        var asked: Set<Scope> = []
        for word in text.split(separator: " ") {
            guard let scope = Scope(rawValue: String(word)), allowed.contains(scope) else {
                throw AuthorizationRefusal(.invalidScope, "The client may not ask for the scope \(plain(String(word))).")
            }
            asked.insert(scope)
        }
        guard !asked.isEmpty else { throw AuthorizationRefusal(.invalidScope, "No scope is asked for.") }
        return asked
    }

    private static func prompt(_ text: String?) throws(AuthorizationRefusal) -> Prompt {
        var prompt: Prompt = []
        for word in (text ?? "").split(separator: " ") {
            switch word {
            case "none": prompt.insert(.none)
            case "login", "select_account": prompt.insert(.login)
            case "consent": prompt.insert(.consent)
            default: throw .invalidRequest("The parameter prompt takes none, login, select_account and consent.")
            }
        }
        if prompt.contains(.none), prompt != .none { throw .invalidRequest("The prompt none goes with no other.") }
        return prompt
    }

    private static func words(for refusal: PKCE.Refusal) -> String {
        switch refusal {
        case .missing: "The parameter code_challenge is missing."
        case .methodNotSupported: "The only code_challenge_method is S256, and it has to be named."
        case .malformed: "The code_challenge is not the base64url of a SHA-256."
        }
    }

    /// A word of somebody else's, made safe for an `error_description` (RFC 6749 §4.1.2.1) and not endless.
    private static func plain(_ word: String) -> String {
        let safe = word.unicodeScalars.prefix(50).map { (0x21...0x7e).contains($0.value) && $0 != "\"" && $0 != "\\" ? Character($0) : "?" }
        return String(safe)
    }
}
