import Identity
import Primitives

/// The metadata with which a program registers itself (RFC 7591 §2). What we have no use for is ignored, as the RFC says.
enum OAuthRegistration {
    private static let usualName = "A registered program"

    /// - Parameter mayHave: what such a program may be given at most, and is given when it names nothing.
    static func read(_ json: RawJSON, mayHave scopes: Set<Scope>) throws(OAuthRefusal) -> ClientMetadata {
        guard let members = json.members, Set(members.map(\.name)).count == members.count else {
            throw OAuthRefusal(.invalidClientMetadata, "The metadata must be an object that names each member once.")
        }
        let grantTypes = try texts(json, "grant_types") ?? [GrantType.authorizationCode.rawValue]
        let types = grantTypes.compactMap { GrantType(rawValue: $0) }
        guard types.count == grantTypes.count else { throw OAuthRefusal(.invalidClientMetadata, "grant_types holds one that there is not.") }
        // It would act for nobody, with nobody asked.
        guard !types.contains(.clientCredentials) else {
            throw OAuthRefusal(.invalidClientMetadata, "grant_types may not hold client_credentials: a program that registers itself acts for people.")
        }
        let responses = try texts(json, "response_types")
        guard responses.map({ $0.allSatisfy { $0 == "code" } }) ?? true else {
            throw OAuthRefusal(.invalidClientMetadata, "response_types may hold code only.")
        }
        guard let method = ClientMetadata.AuthMethod(rawValue: try text(json, "token_endpoint_auth_method") ?? "client_secret_basic") else {
            throw OAuthRefusal(.invalidClientMetadata, "token_endpoint_auth_method is one of \(ClientMetadata.AuthMethod.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let asked: Set<Scope>
        do { asked = try Grants.scopes(try text(json, "scope"), within: scopes) } catch {
            throw OAuthRefusal(.invalidClientMetadata, "scope names one that there is not, or that no program may give itself.")
        }
        let metadata = ClientMetadata(
            name: try text(json, "client_name") ?? usualName, authMethod: method, grantTypes: types, redirectURIs: try redirectURIs(json), scopes: asked,
            keys: method == .privateKey ? try keys(json) : nil)
        if let fault = metadata.faults.first {
            throw OAuthRefusal(fault.member == .redirectURIs ? .invalidRedirectURI : .invalidClientMetadata, "A value of the metadata \(fault.reason).")
        }
        return metadata
    }

    /// An address of keys is not followed: what a stranger names is not fetched by us (decision 58).
    private static func keys(_ json: RawJSON) throws(OAuthRefusal) -> ClientKeys {
        guard json["jwks_uri"]?.isNull ?? true, let given = json["jwks"], !given.isNull else {
            throw OAuthRefusal(.invalidClientMetadata, "private_key_jwt needs its keys in jwks; jwks_uri is not taken.")
        }
        do throws(ClientKeys.Malformed) { return try ClientKeys(given) } catch { throw OAuthRefusal(.invalidClientMetadata, "jwks \(error.reason).") }
    }

    private static func redirectURIs(_ json: RawJSON) throws(OAuthRefusal) -> [String] {
        guard let value = json["redirect_uris"], !value.isNull else { return [] }
        guard let elements = value.elements, elements.count <= ClientMetadata.mostRedirectURIs else {
            throw OAuthRefusal(.invalidRedirectURI, "redirect_uris is an array of at most \(ClientMetadata.mostRedirectURIs) addresses.")
        }
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw OAuthRefusal(.invalidRedirectURI, "redirect_uris holds strings only.") }
        return texts
    }

    private static func texts(_ json: RawJSON, _ name: String) throws(OAuthRefusal) -> [String]? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let elements = value.elements, elements.count <= 16 else { throw OAuthRefusal(.invalidClientMetadata, "\(name) is an array of few strings.") }
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw OAuthRefusal(.invalidClientMetadata, "\(name) holds strings only.") }
        return texts
    }

    private static func text(_ json: RawJSON, _ name: String) throws(OAuthRefusal) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string, (1...ClientMetadata.longestName * 4).contains(text.utf8.count), !text.utf8.contains(0),
            name != "client_name" || text.unicodeScalars.count <= ClientMetadata.longestName
        else { throw OAuthRefusal(.invalidClientMetadata, "\(name) is a string that is not too long.") }
        return text
    }
}
