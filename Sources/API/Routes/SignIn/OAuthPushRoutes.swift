import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// Where clients push authorization requests, so that a browser carries a reference and nothing else (RFC 9126).
struct OAuthPushRoutes: Sendable {
    static let path = "/api/oauth/par"

    let services: APIServices

    var all: [Route] {
        [
            Route(openly: .post, Self.path, PushOperations.push) { request, context in
                try await OAuthAnswer.answering(context) { try await push(request, context) }
            }
        ]
    }

    private func push(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await OAuthForm(request)
        let client = try await form.client(services.oauth, context)
        guard form.fields["request_uri"] == nil else { throw OAuthRefusal(.invalidRequest, "A pushed request must not refer to another.") }
        var values = form.fields.values
        values["client_id"] = client.clientID
        for name in OAuthForm.proofs { values[name] = nil }
        let proof = OAuthProof(judge: services.oauth.proofs)
        let proofKey = try await proof.key(request)
        if let key = proofKey {
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
        let answer = OAuthAnswer.json(
            ["request_uri": .string(reference), "expires_in": .int(PushedRequests.lifetime.components.seconds)], status: .created)
        return proof.answer(answer, to: proofKey)
    }

    /// With the words of the authorization endpoint, which has some more than the token endpoint.
    private func refusal(_ refusal: AuthorizationRefusal) -> Response {
        OAuthAnswer.json(["error": .string(refusal.code.rawValue), "error_description": .string(refusal.detail)], status: .badRequest)
    }
}
