import Identity
import Primitives

/// Clients as the API shows and takes them, and as they register themselves.
enum OAuthClientSchemas {
    private static let scopes = Schema.array(.choice(Scope.self), 1...Scope.allCases.count)
    private static let name = Schema.string(1...ClientMetadata.longestName, pattern: #"^[^\u0000]+$"#)
    /// Https, http to this machine, or a scheme with a dot. Narrower than what is taken: a name of more letters passes, too.
    private static let redirectURI = Schema.string(
        pattern: "^(https://[a-z0-9]+([.-][a-z0-9]+)*|http://(127[.]0[.]0[.]1|localhost)|[a-z]+([.][a-z]+)+:)(/[A-Za-z0-9_~-]{1,100}){1,10}$")
    private static let redirectURIs = Schema.array(redirectURI, 1...ClientMetadata.mostRedirectURIs)

    private static func grants(_ sets: [[GrantType]]) -> Schema {
        Schema(keywords: [("type", "array"), ("items", ["type": "string"]), ("enum", .array(sets.map { .array($0.map { .string($0.rawValue) }) }))])
    }

    static let client = Schema.object(
        "OAuthClient",
        [
            .required("id", .id(OAuthClient.self)), .required("clientId", .string(1...128).described("How the client names itself.")),
            .optional("clientSecret", .string().described("Shown when it is made, and nowhere else.")), .required("name", .string()),
            .required("grantTypes", .array(.choice(GrantType.self))), .required("redirectUris", .array(.string())),
            .required("scopes", .array(.choice(Scope.self))), .required("tokenEndpointAuthMethod", .choice(ClientMetadata.AuthMethod.self)),
            .optional("jwks", keys.orNull.described("Of a client that proves itself by a signature.")), .required("previousSecretUntil", Schema.time.orNull.described("The secret before the last one is good until then.")),
            .required("createdAt", .time), .required("updatedAt", .time),
        ])

    private static let forItself = Schema.object(
        nil,
        [
            .required("name", name), .required("grantTypes", grants([[.clientCredentials]])), .required("scopes", scopes),
            .optional("tokenEndpointAuthMethod", .choice(["client_secret_basic", "client_secret_post"])),
        ], open: false)
    private static let forUsers = Schema.object(
        nil,
        [
            .required("name", name),
            .required(
                "grantTypes",
                grants([[.authorizationCode], [.authorizationCode, .refreshToken], [.authorizationCode, .clientCredentials, .refreshToken]])),
            .required("redirectUris", redirectURIs), .required("scopes", scopes),
            .optional("tokenEndpointAuthMethod", .choice(["client_secret_basic", "client_secret_post"])),
        ], open: false)
    private static let withoutSecret = Schema.object(
        nil,
        [
            .required("name", name), .required("grantTypes", grants([[.authorizationCode], [.authorizationCode, .refreshToken]])),
            .required("redirectUris", redirectURIs), .required("scopes", scopes), .required("tokenEndpointAuthMethod", .choice(["none"])),
        ], open: false)

    private static let signing = Schema.object(
        nil,
        [
            .required("name", name), .required("grantTypes", grants([[.clientCredentials]])), .required("scopes", scopes),
            .required("tokenEndpointAuthMethod", .choice(["private_key_jwt"])), .required("jwks", exampleKeys),
        ], open: false)

    /// A key of a JWK set, with others the whole of what `private_key_jwt` is verified by (RFC 7517).
    private static let keys = Schema.object("ClientKeys", [.required("keys", .array(.object(nil, [.required("kty", .string())]), 1...ClientKeys.most))])
    /// Narrower than what is taken: whether a point is one of its curve is not for a schema to say.
    private static let exampleKeys = Schema(keywords: [("const", OAuthClientOperations.exampleKeys)])

    /// For itself, for users, for users without a secret, or with a key of its own.
    static let new = Schema.anyOf([forItself, forUsers, withoutSecret, signing])

    /// Only what one client of each kind can always take.
    static let change = Schema.object(nil, [.optional("name", name), .optional("scopes", scopes)], open: false)

    static let rotation = Schema.object(
        nil,
        [
            .optional(
                "overlapSeconds",
                Schema.integer(0...OAuthClientRoutes.longestOverlap).described("For how long the old secret stays good; a day when left out."))
        ], open: false)

    static let registrationRequest = Schema.object(
        nil,
        [
            .optional("client_name", name), .required("redirect_uris", redirectURIs),
            .optional("grant_types", grants([[.authorizationCode], [.authorizationCode, .refreshToken]])),
            .optional("response_types", Schema.array(.choice(["code"]), 0...1)),
            .optional("token_endpoint_auth_method", .choice(["client_secret_basic", "client_secret_post", "none"])),
        ])

    /// The id in it is the registration's own; all of the metadata beside it.
    static let registrationChange = Schema.object(nil, [.required("client_id", .string(1...128)), .required("redirect_uris", redirectURIs)])

    static let registered = Schema.object(
        "OAuthRegistration",
        [
            .required("client_id", .string()), .required("client_id_issued_at", .integer(0...Int64.max)), .optional("client_secret", .string()),
            .optional("client_secret_expires_at", Schema.integer(0...Int64.max).described("0 for never.")),
            .optional("registration_access_token", .string()), .required("registration_client_uri", .url), .required("client_name", .string()),
            .required("redirect_uris", .array(.string())), .required("grant_types", .array(.choice(GrantType.self))),
            .required("response_types", .array(.string())), .required("token_endpoint_auth_method", .choice(ClientMetadata.AuthMethod.self)),
            .required("scope", .string()), .optional("jwks", keys),
        ])
}
