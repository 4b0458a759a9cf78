import HTTPTypes
import Identity

/// Requests that come by the back door.
enum PushOperations {
    static let push = Operation(
        "pushAuthorizationRequest", .authentication, "Push an authorization request",
        description: """
            RFC 9126: the parameters of `authorize`, from the client itself, who proves who it is by Basic or in the form. The reference is good for a minute, one \
            browser and one answer.
            """,
        parameters: [.header("DPoP", .string(1...8192), "Proof of a key that the code is then bound to (RFC 9449).")],
        body: .form(
            .form("PushedAuthorizationRequest", SignInOperations.parameters.filter { $0.name != "request_uri" } + OAuthSchemas.clientProofs),
            example: SignInOperations.exampleParameters),
        answers: [
            Operation.Answer(
                status: .created, description: "The reference.", schema: pushed,
                example: ["request_uri": "urn:ietf:params:oauth:request_uri:Qm9v3xT0xkzN5bq1fD7s2LrYc8WgH4aEoPjVuKiRnZw", "expires_in": 60]),
            Operation.Answer(
                status: .badRequest, description: "As `authorize` would refuse it.", schema: refusal,
                example: ["error": "invalid_request", "error_description": "The parameter code_challenge is missing."]),
            Operation.Answer(
                status: .unauthorized, description: "The client is not known, or did not prove who it is.", schema: refusal,
                example: ["error": "invalid_client", "error_description": "The client is not known, or it did not prove who it is."]),
        ] + OAuthOperations.refusedAsSuch)

    private static let pushed = Schema.object(
        "PushedReference",
        [.required("request_uri", .string(pattern: "^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$")), .required("expires_in", .integer(1...600))])
    private static let refusal = Schema.object(
        "AuthorizationError", [.required("error", .string(pattern: "^[a-z_]+$")), .optional("error_description", .string())])
}
