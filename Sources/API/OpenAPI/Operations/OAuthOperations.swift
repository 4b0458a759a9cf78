import HTTPTypes
import Primitives

/// Tokens and what can be found out about them.
enum OAuthOperations {
    private static let exampleClient: JSON = "client_01jd7t5m8efqv8s4z3x2c1b0n9"
    private static let exampleRefresh: JSON = "vor_Qm9v3xT0xkzN5bq1fD7s2LrYc8WgH4aEoPjVuKiRnZw"

    private static let refused = Operation.Answer(
        status: .badRequest, description: "The request, the code or the token is no good (RFC 6749 §5.2).", schema: OAuthSchemas.error,
        example: ["error": "invalid_grant", "error_description": "The code or token is unknown, over, or another client's."])
    private static let unknownClient = Operation.Answer(
        status: .unauthorized, description: "The client is not known, or did not prove who it is.", schema: OAuthSchemas.error,
        example: ["error": "invalid_client", "error_description": "The client is not known, or it did not prove who it is."])

    /// What is wrong with a request as such, or with us, in OAuth's own words too.
    static let refusedAsSuch: [Operation.Answer] = [
        Operation.Answer(
            status: .contentTooLarge, description: "The body is too large.", schema: OAuthSchemas.error,
            example: ["error": "invalid_request", "error_description": "The body is larger than 64 KiB."]),
        Operation.Answer(
            status: .unsupportedMediaType, description: "The body is of another kind.", schema: OAuthSchemas.error,
            example: ["error": "invalid_request", "error_description": "The body must be application/x-www-form-urlencoded in UTF-8, not encoded."]),
        Operation.Answer(
            status: .serviceUnavailable, description: "Not at the moment; `Retry-After` says when.", schema: OAuthSchemas.error,
            example: ["error": "temporarily_unavailable", "error_description": "The storage does not answer at the moment."]),
    ]

    /// Basic, or in the form.
    private static func forClients(_ operation: Operation) -> Operation {
        var operation = operation
        operation.security = [["clientBasic": []], [:]]
        return operation
    }

    static let token = forClients(
        Operation(
            "createToken", .authentication, "Get an access token",
            description: "For a code (with its PKCE verifier), for the client itself, or for a refresh token. The client proves who it is by Basic, in the form, or by a signature.",
            parameters: [.header("DPoP", .string(1...8192), "Proof of a key that the token is then bound to (RFC 9449).")],
            body: .form(
                OAuthSchemas.tokenRequest,
                example: ["grant_type": "client_credentials", "client_id": exampleClient, "client_secret": "vos_…", "scope": "jobs:read"]),
            answers: [
                .ok(
                    "The tokens.", OAuthSchemas.tokens,
                    example: [
                        "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln", "token_type": "Bearer", "expires_in": 900, "scope": "jobs:read",
                        "refresh_token": exampleRefresh,
                    ]), refused, unknownClient,
            ] + refusedAsSuch))

    static let revoke = forClients(
        Operation(
            "revokeToken", .authentication, "End a grant by one of its tokens",
            description: "RFC 7009. Every other token of the grant ends with it. Unknown tokens and those of other clients are answered alike, and stay as they are.",
            body: .form(OAuthSchemas.tokenQuestion, example: ["token": exampleRefresh, "client_id": exampleClient, "client_secret": "vos_…"]),
            answers: [.ok("It is good no more.", OAuthSchemas.nothing, example: .object([])), refused, unknownClient] + refusedAsSuch))

    static let introspect = forClients(
        Operation(
            "introspectToken", .authentication, "Ask what a token is worth",
            description: "RFC 7662, for clients with a secret, about tokens of their own.",
            body: .form(OAuthSchemas.tokenQuestion, example: ["token": exampleRefresh, "client_id": exampleClient, "client_secret": "vos_…"]),
            answers: [
                .ok("What it is worth.", OAuthSchemas.introspection, example: ["active": false]), refused, unknownClient,
            ] + refusedAsSuch))

    static let serverMetadata = Operation(
        "getAuthorizationServerMetadata", .authentication, "How to use this OAuth server (RFC 8414)",
        answers: [
            .ok(
                "The metadata.", OAuthSchemas.serverMetadata,
                example: [
                    "issuer": "https://api.voicera.ai", "authorization_endpoint": "https://api.voicera.ai/api/oauth/authorize",
                    "token_endpoint": "https://api.voicera.ai/api/oauth/token", "jwks_uri": "https://api.voicera.ai/.well-known/jwks.json",
                    "revocation_endpoint": "https://api.voicera.ai/api/oauth/revoke",
                    "introspection_endpoint": "https://api.voicera.ai/api/oauth/introspect", "scopes_supported": ["jobs:read"],
                    "response_types_supported": ["code"], "grant_types_supported": ["authorization_code"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"], "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_signing_alg_values_supported": ["ES256"], "dpop_signing_alg_values_supported": ["ES256"],
                ])
        ])

    static let resourceMetadata = Operation(
        "getProtectedResourceMetadata", .authentication, "Who hands out tokens for this API (RFC 9728)",
        answers: [
            .ok(
                "The metadata.", OAuthSchemas.resourceMetadata,
                example: [
                    "resource": "https://api.voicera.ai", "authorization_servers": ["https://api.voicera.ai"],
                    "jwks_uri": "https://api.voicera.ai/.well-known/jwks.json", "scopes_supported": ["jobs:read"], "bearer_methods_supported": ["header"],
                ])
        ])

    static let jwks = Operation(
        "getSigningKeys", .authentication, "The keys that verify access tokens (RFC 7517)",
        answers: [
            .ok(
                "The keys; a new one is here before it signs.", OAuthSchemas.jwks,
                example: [
                    "keys": [
                        [
                            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM",
                            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
                        ]
                    ]
                ])
        ])
}
