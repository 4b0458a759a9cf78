import HTTPTypes
import Primitives

/// Programs that may ask for tokens.
enum OAuthClientOperations {
    private static let common: [(String, JSON)] = [
        ("id", "client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("clientId", "client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("name", "Course reports"),
        ("grantTypes", ["client_credentials"]), ("redirectUris", []), ("scopes", ["courses:read"]), ("tokenEndpointAuthMethod", "client_secret_basic"),
        ("jwks", .null), ("previousSecretUntil", .null), ("createdAt", "2024-01-15T10:30:00.000Z"), ("updatedAt", "2024-01-15T10:30:00.000Z"),
    ]
    private static let example = JSON.object(common)
    private static let shown = JSON.object(common + [("clientSecret", "vos_Qm9v3xT0xkzN5bq1fD7s2LrYc8WgH4aEoPjVuKiRnZw")])

    /// The example of RFC 7517, public part only.
    static let exampleKeys: JSON = [
        "keys": [
            [
                "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
                "use": "sig", "kid": "1",
            ]
        ]
    ]

    private static let beyond = Problem(
        status: .forbidden, code: "scope_beyond_own", detail: "The client has or would have scopes that the caller has not: operator.")

    static let create = Operation(
        "createOAuthClient", .authentication, "Make an OAuth client",
        description: "With no more scopes than the caller's, and by nobody whose own key ends. The secret is shown in this answer only; a client with `jwks` has none.",
        body: .json(
            OAuthClientSchemas.new, example: ["name": "Course reports", "grantTypes": ["client_credentials"], "scopes": ["courses:read"]]),
        answers: [.created("The client, with its secret unless it has none.", OAuthClientSchemas.client, example: shown)],
        problems: [beyond, .beyondCaller([.body("", "a client does not end with your key, which ends")])])

    static let list = Operation(
        "listOAuthClients", .authentication, "List OAuth clients", parameters: .paging("oauth-clients", .id(OAuthClient.prefix)),
        answers: [.page("Newest first.", of: OAuthClientSchemas.client, example: example)])

    static let show = Operation(
        "getOAuthClient", .authentication, "Show an OAuth client", answers: [.ok("The client.", OAuthClientSchemas.client, example: example)])

    static let change = Operation(
        "updateOAuthClient", .authentication, "Change an OAuth client",
        description: "Also `grantTypes`, `redirectUris` and `jwks`, which have to go together. Tokens that it has may do no more than it may from then on.",
        body: .json(OAuthClientSchemas.change, example: ["name": "Reports"]),
        answers: [.ok("The client as it is now.", OAuthClientSchemas.client, example: example)], problems: [beyond])

    static let delete = Operation(
        "deleteOAuthClient", .authentication, "Revoke an OAuth client", description: "All of its tokens end with it, at once.",
        answers: [.noContent("It is over.")])

    static let rotate = Operation(
        "rotateOAuthClientSecret", .authentication, "Give an OAuth client a new secret",
        body: .json(OAuthClientSchemas.rotation, example: ["overlapSeconds": 3600], optional: true),
        answers: [.ok("The client with the new secret; the old one stays good for a while.", OAuthClientSchemas.client, example: shown)],
        problems: [beyond, Problem(status: .conflict, code: "public_client", detail: "The client has no secret.")])

    private static let metadata: [(String, JSON)] = [
        ("client_id", "client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("client_id_issued_at", 1_705_314_600),
        ("registration_client_uri", "https://api.voicera.ai/api/oauth/register/client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("client_name", "Reader"),
        ("redirect_uris", ["https://reader.example/callback"]), ("grant_types", ["authorization_code"]), ("response_types", ["code"]),
        ("token_endpoint_auth_method", "none"), ("scope", "courses:read"),
    ]
    private static let token = Operation.Answer(
        status: .unauthorized, description: "A registration token is needed, and this is none.", schema: OAuthSchemas.error,
        example: ["error": "invalid_token", "error_description": "A registration token is needed, and this is none."])
    private static let badMetadata = Operation.Answer(
        status: .badRequest, description: "The metadata is no good.", schema: OAuthSchemas.error,
        example: ["error": "invalid_redirect_uri", "error_description": "A value of the metadata must be an absolute URI."])
    private static let off = Problem(status: .notFound, code: "unknown_route", detail: "There is nothing at this path.")

    static let register = Operation(
        "registerOAuthClient", .authentication, "Register a program by itself (RFC 7591)",
        description: "Where `OAUTH_REGISTRATION_TOKEN` is set, for those who send it as a bearer.",
        body: .json(
            OAuthClientSchemas.registrationRequest, example: ["client_name": "Reader", "redirect_uris": ["https://reader.example/callback"]],
            limit: BodyLimit.payload),
        answers: [
            .created("The client, with what it needs to prove itself.", OAuthClientSchemas.registered, example: .object(metadata)),
            badMetadata, token,
        ] + OAuthOperations.refusedAsSuch, problems: [off])

    private static let unavailable = OAuthOperations.refusedAsSuch.filter { $0.status == .serviceUnavailable }

    static let registration = Operation(
        "getOAuthRegistration", .authentication, "Show a registration (RFC 7592)",
        answers: [.ok("The registration.", OAuthClientSchemas.registered, example: .object(metadata)), token] + unavailable, problems: [off])

    static let changeRegistration = Operation(
        "replaceOAuthRegistration", .authentication, "Replace a registration (RFC 7592)",
        description: """
            All of the metadata, with `client_id`: what is left out is as if it had never been said. A client that keeps proving itself by a secret keeps the \
            one that it has; one that begins to is shown its first.
            """,
        body: .json(
            OAuthClientSchemas.registrationChange,
            example: ["client_id": "client_01jd7t5m8efqv8s4z3x2c1b0n9", "client_name": "Reader", "redirect_uris": ["https://reader.example/callback"]],
            limit: BodyLimit.payload),
        answers: [.ok("The registration as it is now.", OAuthClientSchemas.registered, example: .object(metadata)), badMetadata, token]
            + OAuthOperations.refusedAsSuch, problems: [off])

    static let unregister = Operation(
        "deleteOAuthRegistration", .authentication, "End a registration (RFC 7592)", answers: [.noContent("It is over."), token] + unavailable,
        problems: [off])
}
