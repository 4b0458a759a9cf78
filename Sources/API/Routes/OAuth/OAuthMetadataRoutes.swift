import Hummingbird
import Identity

/// What a client can find out by itself (RFC 8414, RFC 9728, RFC 7517). The same for everybody, and kept for a while by those who ask.
struct OAuthMetadataRoutes: Sendable {
    let services: APIServices

    private static let server = "oauth-authorization-server"
    private static let resource = "oauth-protected-resource"
    /// Well below the time for which a new key is shown before it signs.
    private static let caching = "public, max-age=300"

    var all: [Route] {
        [
            Route(openly: .get, "/.well-known/\(Self.server)", OAuthOperations.serverMetadata) { _, _ in kept(serverMetadata) },
            Route(openly: .get, "/.well-known/\(Self.resource)", OAuthOperations.resourceMetadata) { _, _ in kept(resourceMetadata) },
            Route(openly: .get, "/.well-known/jwks.json", OAuthOperations.jwks) { _, _ in
                kept(.raw(try await services.oauth.signingKeys.ring().jwks))
            },
        ] + belowThePath
    }

    /// For an installation that is not at the root of its host: the path of the issuer comes last.
    private var belowThePath: [Route] {
        let path = issuer.path
        guard !path.isEmpty else { return [] }
        var aliases = [
            Route(openly: .get, "/.well-known/\(Self.server)\(path)", OAuthOperations.serverMetadata) { _, _ in kept(serverMetadata) },
            Route(openly: .get, "/.well-known/\(Self.resource)\(path)", OAuthOperations.resourceMetadata) { _, _ in kept(resourceMetadata) },
        ]
        for index in aliases.indices { aliases[index].isAlias = true }
        return aliases
    }

    private var issuer: Issuer { services.oauth.issuer }

    private func kept(_ json: JSON) -> Response {
        var response = Response(.ok, json)
        response.headers[.cacheControl] = Self.caching
        return response
    }

    private var scopes: JSON { .array(Scope.allCases.map { .string($0.rawValue) }) }
    private var proofAlgorithms: JSON { .array(DPoPProof.algorithms.map { .string($0) }) }

    private var serverMetadata: JSON {
        let methods: JSON = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
        var members: [(String, JSON)] = [
            ("issuer", .string(issuer.url)),
            ("authorization_endpoint", .string(issuer.url(of: "/api/oauth/authorize"))),
            ("token_endpoint", .string(issuer.url(of: OAuthTokenRoutes.tokenPath))),
            ("jwks_uri", .string(issuer.url(of: "/.well-known/jwks.json"))),
            ("scopes_supported", scopes),
            ("response_types_supported", ["code"]),
            ("response_modes_supported", ["query"]),
            ("grant_types_supported", .array(GrantType.allCases.map { .string($0.rawValue) })),
            ("token_endpoint_auth_methods_supported", methods),
            ("token_endpoint_auth_signing_alg_values_supported", proofAlgorithms),
            ("revocation_endpoint", .string(issuer.url(of: OAuthTokenRoutes.revocationPath))),
            ("revocation_endpoint_auth_methods_supported", methods),
            ("revocation_endpoint_auth_signing_alg_values_supported", proofAlgorithms),
            ("introspection_endpoint", .string(issuer.url(of: OAuthTokenRoutes.introspectionPath))),
            ("introspection_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post", "private_key_jwt"]),
            ("introspection_endpoint_auth_signing_alg_values_supported", proofAlgorithms),
            ("code_challenge_methods_supported", ["S256"]),
            ("pushed_authorization_request_endpoint", .string(issuer.url(of: "/api/oauth/par"))),
            ("require_pushed_authorization_requests", false),
            ("dpop_signing_alg_values_supported", proofAlgorithms),
            ("authorization_response_iss_parameter_supported", true),
        ]
        if services.oauth.settings.registrationToken != nil {
            members.append(("registration_endpoint", .string(issuer.url(of: OAuthRegistrationRoutes.path))))
        }
        return .object(members)
    }

    private var resourceMetadata: JSON {
        [
            "resource": .string(issuer.url), "authorization_servers": [.string(issuer.url)],
            "jwks_uri": .string(issuer.url(of: "/.well-known/jwks.json")), "scopes_supported": scopes, "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": proofAlgorithms, "dpop_bound_access_tokens_required": false, "resource_name": "Voicera",
        ]
    }
}
