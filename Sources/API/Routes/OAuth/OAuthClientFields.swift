import Identity

/// The members of a client's JSON, each checked for itself.
struct OAuthClientFields {
    var name: String?
    var authMethod: ClientMetadata.AuthMethod?
    var grantTypes: [GrantType]?
    var redirectURIs: [String]?
    var scopes: Set<Scope>?
    var keys: ClientKeys?

    /// - Parameter required: of a client that does not exist yet.
    init(_ fields: inout Fields, required: Bool) {
        name = fields.text("name", required: required, longest: ClientMetadata.longestName)
        authMethod = fields.text("tokenEndpointAuthMethod", longest: 32).flatMap { text in
            ClientMetadata.AuthMethod(rawValue: text)
                ?? fields.refused("tokenEndpointAuthMethod", "must be one of \(ClientMetadata.AuthMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        grantTypes = Self.choices("grantTypes", of: GrantType.self, required: required, &fields)
        redirectURIs = fields.texts("redirectUris", most: ClientMetadata.mostRedirectURIs, longest: RedirectURI.longest)
        scopes = Self.choices("scopes", of: Scope.self, required: required, &fields).map { Set($0) }
        keys = fields.object("jwks").flatMap { json in
            do throws(ClientKeys.Malformed) { return try ClientKeys(json) } catch { return fields.refused("jwks", error.reason) }
        }
    }

    private static func choices<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type, required: Bool, _ fields: inout Fields
    ) -> [Choice]? where Choice.RawValue == String {
        if required, !fields.contains(name) { fields.refuse(name, "is missing") }
        guard let texts = fields.texts(name, most: Choice.allCases.count, longest: 64) else { return nil }
        let choices = texts.compactMap { Choice(rawValue: $0) }
        guard choices.count == texts.count else {
            return fields.refused(name, "must hold only \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choices
    }
}

extension Fields {
    mutating func add(_ others: [ClientMetadata.Fault]) {
        for fault in others {
            switch fault.member {
            case .grantTypes: refuse("grantTypes", fault.reason)
            case .redirectURIs: refuse("redirectUris", fault.reason)
            case .authMethod: refuse("tokenEndpointAuthMethod", fault.reason)
            case .keys: refuse("jwks", fault.reason)
            }
        }
    }
}
