import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// Where clients push authorization requests, so that a browser carries a reference and nothing else (RFC 9126).
struct OAuthPushRoutes: Sendable {
    static let path = "/api/oauth/par"

    let services: APIServices
    private let replays: DPoPReplays

    init(services: APIServices) {
        self.services = services
        replays = DPoPReplays(redis: services.redis)
    }

    var all: [Route] {
        [
            Route(openly: .post, Self.path, SignInOperations.push) { request, context in
                try await OAuthAnswer.answering { try await push(request, context) }
            }
        ]
    }

    private func push(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await OAuthForm(request)
        let client = try await form.client(services.oauth, context)
        guard form.fields["request_uri"] == nil else { throw OAuthRefusal(.invalidRequest, "A pushed request must not refer to another.") }
        var values = form.fields.values
        values["client_id"] = client.clientID
        values["client_secret"] = nil
        if let key = try await proofKey(request) {
            guard [nil, "", key].contains(values["dpop_jkt"]) else {
                throw OAuthRefusal(.invalidProof, "The DPoP proof is of another key than dpop_jkt.")
            }
            values["dpop_jkt"] = key
        }
        let parameters = AuthorizationRequest.Parameters(values: values, repeated: [])
        let target: AuthorizationTarget
        do { target = try AuthorizationTarget(parameters, client: client) } catch {
            throw OAuthRefusal(.invalidRequest, "The redirect_uri is missing, or the client has not registered it.")
        }
        do {
            _ = try AuthorizationRequest(parameters, client: client, target: target, resource: services.oauth.issuer.url)
        } catch {
            return refusal(error)
        }
        let pushed = FormText.encode(values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        let reference = try await services.signIn.pushed.push(pushed, client: client)
        return OAuthAnswer.json(
            ["request_uri": .string(reference), "expires_in": .int(PushedRequests.lifetime.components.seconds)], status: .created)
    }

    /// With the words of the authorization endpoint, which has some more than the token endpoint.
    private func refusal(_ refusal: AuthorizationRefusal) -> Response {
        OAuthAnswer.json(["error": .string(refusal.code.rawValue), "error_description": .string(refusal.detail)], status: .badRequest)
    }

    /// Of the key that the request proves that it has; nil for a request that proves none.
    private func proofKey(_ request: Request) async throws -> String? {
        guard let text = request.headers[.dpop] else { return nil }
        guard
            let proof = try? DPoPProof(
                verifying: text, method: "POST", url: services.oauth.issuer.url(of: Self.path), now: Int64(Date().timeIntervalSince1970)),
            await replays.isFirstUse(proof)
        else { throw OAuthRefusal(.invalidProof, "The DPoP proof is not valid for this request, or was used before.") }
        return proof.thumbprint
    }
}
