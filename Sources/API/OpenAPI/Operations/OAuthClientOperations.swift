import HTTPTypes
import Primitives

/// Programs that may ask for tokens.
enum OAuthClientOperations {
    private static let common: [(String, JSON)] = [
        ("id", "client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("clientId", "client_01jd7t5m8efqv8s4z3x2c1b0n9"), ("name", "Course reports"),
        ("grantTypes", ["client_credentials"]), ("redirectUris", []), ("scopes", ["courses:read"]), ("tokenEndpointAuthMethod", "client_secret_basic"),
        ("previousSecretUntil", .null), ("createdAt", "2024-01-15T10:30:00.000Z"), ("updatedAt", "2024-01-15T10:30:00.000Z"),
    ]
    private static let example = JSON.object(common)
    private static let shown = JSON.object(common + [("clientSecret", "vos_Qm9v3xT0xkzN5bq1fD7s2LrYc8WgH4aEoPjVuKiRnZw")])

    private static let beyond = Problem(
        status: .forbidden, code: "scope_beyond_own", detail: "The client has or would have scopes that the caller has not: operator.")

    static let create = Operation(
        "createOAuthClient", .authentication, "Make an OAuth client",
        description: "With no more scopes than the caller's. The secret is shown in this answer only.",
        body: .json(
            OAuthClientSchemas.new, example: ["name": "Course reports", "grantTypes": ["client_credentials"], "scopes": ["courses:read"]]),
        answers: [.created("The client, with its secret unless it has none.", OAuthClientSchemas.client, example: shown)], problems: [beyond])

    static let list = Operation(
        "listOAuthClients", .authentication, "List OAuth clients", parameters: .paging("oauth-clients", .id(OAuthClient.prefix)),
        answers: [.page("Newest first.", of: OAuthClientSchemas.client, example: example)])

    static let show = Operation(
        "getOAuthClient", .authentication, "Show an OAuth client", answers: [.ok("The client.", OAuthClientSchemas.client, example: example)])

    static let change = Operation(
        "updateOAuthClient", .authentication, "Change an OAuth client",
        description: "Also `grantTypes` and `redirectUris`, which have to go together. Tokens that it has may do no more than it may from then on.",
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
    private static let token = Problem(
        status: .unauthorized, code: "invalid_token", detail: "A registration token is needed, and this is none.")
    private static let off = Problem(status: .notFound, code: "unknown_route", detail: "There is nothing at this path.")

    static let register = Operation(
        "registerOAuthClient", .authentication, "Register a program by itself (RFC 7591)",
        description: "Where `OAUTH_REGISTRATION_TOKEN` is set, for those who send it as a bearer.",
        body: .json(
            OAuthClientSchemas.registrationRequest, example: ["client_name": "Reader", "redirect_uris": ["https://reader.example/callback"]],
            limit: BodyLimit.payload),
        answers: [
            .created("The client, with what it needs to prove itself.", OAuthClientSchemas.registered, example: .object(metadata)),
            Operation.Answer(
                status: .badRequest, description: "The metadata is no good.", schema: OAuthSchemas.error,
                example: ["error": "invalid_redirect_uri", "error_description": "A value of the metadata must be an absolute URI."]),
        ], problems: [token, off])

    static let registration = Operation(
        "getOAuthRegistration", .authentication, "Show a registration (RFC 7592)",
        answers: [.ok("The registration.", OAuthClientSchemas.registered, example: .object(metadata))], problems: [token, off])

    static let unregister = Operation(
        "deleteOAuthRegistration", .authentication, "End a registration (RFC 7592)", answers: [.noContent("It is over.")], problems: [token, off])
}
