import Identity

/// What the endpoints of OAuth take and give.
enum OAuthSchemas {
    /// Letters that a token may have (RFC 6750 §2.1); never empty.
    static let token = Schema.string(1...4096, pattern: "^[A-Za-z0-9._~+/=-]+$")
    private static let scopeText = Schema.string().described("Scopes with one blank between two.")
    private static let seconds = Schema.integer(0...Int64.max)

    static let error = Schema.object(
        "OAuthError",
        [
            .required("error", .choice(OAuthRefusal.Code.allCases.map(\.rawValue))),
            .required("error_description", .string(pattern: #"^[\x20-\x21\x23-\x5B\x5D-\x7E]*$"#)),
        ])

    static let tokens = Schema.object(
        "OAuthTokens",
        [
            .required("access_token", token.described("A signed JSON web token (RFC 9068).")), .required("token_type", .choice(["Bearer", "DPoP"])),
            .required("expires_in", seconds), .required("scope", scopeText),
            .optional("refresh_token", token.described("Good for one use; each answer brings the next.")),
        ])

    /// By one of them, or by Basic.
    static let clientProofs: [Schema.Member] = [
        .optional("client_secret", .string(1...256)),
        .optional("client_assertion", .string(1...8192, pattern: "^[A-Za-z0-9_.-]+$").described("Signed by the client (`private_key_jwt`, RFC 7523).")),
        .optional("client_assertion_type", .choice([ClientAssertion.type])),
    ]
    private static let clientFields: [Schema.Member] =
        [.optional("client_id", .string(1...128).described("When the client does not prove itself by Basic."))] + clientProofs

    static let tokenRequest = Schema.form(
        nil,
        [
            .required("grant_type", .choice(GrantType.self)), .optional("code", .string(1...256)), .optional("redirect_uri", .string(1...2048)),
            .optional("code_verifier", .string(pattern: "^[A-Za-z0-9._~-]{43,128}$")), .optional("refresh_token", .string(1...256)),
            .optional("scope", .string(1...1024)),
        ] + clientFields)

    static let tokenQuestion = Schema.form(
        nil,
        [
            .required("token", .string(1...4096)),
            .optional("token_type_hint", .string(1...64).described("`access_token` or `refresh_token`; a wrong one does no harm.")),
        ] + clientFields)

    static let introspection = Schema.object(
        "OAuthIntrospection",
        [
            .required("active", .boolean.described("When false, nothing else is there.")), .optional("scope", scopeText), .optional("client_id", .string()),
            .optional("username", .string().described("The user's id.")), .optional("token_type", .choice(["Bearer", "DPoP", "refresh_token"])),
            .optional("exp", seconds), .optional("iat", seconds), .optional("nbf", seconds), .optional("sub", .string()), .optional("aud", .string()),
            .optional("iss", .url), .optional("jti", .string()), .optional("cnf", .object(nil, [.required("jkt", .string())])),
        ])

    static let nothing = Schema.object(nil, [])

    static let serverMetadata = Schema.object(
        "OAuthServerMetadata",
        ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint", "introspection_endpoint"].map { .required($0, .url) } + [
            "scopes_supported", "response_types_supported", "grant_types_supported", "token_endpoint_auth_methods_supported",
            "code_challenge_methods_supported", "dpop_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported",
        ].map { .required($0, .array(.string())) } + [.optional("registration_endpoint", .url)])

    static let resourceMetadata = Schema.object(
        "OAuthResourceMetadata",
        [
            .required("resource", .url), .required("authorization_servers", .array(.url)), .required("jwks_uri", .url),
            .required("scopes_supported", .array(.string())), .required("bearer_methods_supported", .array(.string())),
        ])

    static let jwks = Schema.object(
        "JSONWebKeySet",
        [
            .required(
                "keys",
                .array(
                    .object(
                        nil,
                        ["kty", "crv", "use", "alg", "kid", "x", "y"].map { .required($0, .string()) })))
        ])
}
