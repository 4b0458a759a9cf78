import HTTPTypes
import Identity
import Primitives

/// Pages for people in browsers. Programs only lead there.
enum SignInOperations {
    private static let html = Schema.string()
    private static let examplePage: JSON = "<!DOCTYPE html>…"
    private static let longest = 8192

    private static func page(_ status: HTTPResponse.Status, _ description: String) -> Operation.Answer {
        Operation.Answer(status: status, description: description, schema: html, example: examplePage, mediaType: "text/html")
    }

    private static func redirect(_ description: String) -> Operation.Answer {
        Operation.Answer(
            status: .seeOther, description: description,
            headers: [("Location", "Of the client, with `code`, `state` and `iss`, or `error`; or of the next page.", .string())])
    }

    private static let unusable = page(.forbidden, "The request cannot be trusted with a redirect: unknown client or redirect URI, or an expired reference.")
    private static let outOfDate = page(
        .forbidden, "The form is not of this browser, or out of date, or the request in it cannot be trusted with a redirect.")
    private static let malformed = page(.badRequest, "The query or the form is not validly encoded.")
    private static let tooLarge = page(.contentTooLarge, "The form is too large.")
    private static let notForm = page(.unsupportedMediaType, "The body is no form.")
    private static let unavailable = page(.serviceUnavailable, "Not at the moment.")

    /// Of any length: what is wrong with one is told to the client, in a redirect.
    static let parameters: [Schema.Member] = [
        "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "prompt", "dpop_jkt", "request_uri",
        "response_mode", "resource",
    ].map { .optional($0, .string(pattern: Schema.withoutNUL)) }
    static let authorizationParameters = Schema.form("AuthorizationRequest", parameters)
    static let exampleParameters: JSON = [
        "client_id": "client_01jd7t5m8efqv8s4z3x2c1b0n9", "redirect_uri": "https://app.example/callback", "response_type": "code", "scope": "courses:read",
        "state": "af0ifjsldkj", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    ]

    static let authorize = Operation(
        "authorize", .authentication, "Ask a user for access",
        description: """
            RFC 6749 §4.1.1 in a browser. PKCE with S256 is needed of every client, `redirect_uri` of every request. Shows the sign-in, then the question, unless \
            the user agreed to the same before. Errors are sent to the client, except where it is not sure who that is.
            """,
        parameters: parameters.map { .query($0.name, $0.schema, words[$0.name] ?? "") },
        answers: [page(.ok, "The sign-in, or the question."), redirect("The answer."), malformed, unusable, unavailable])

    static let authorizeByForm = Operation(
        "authorizeByForm", .authentication, "Ask a user for access, by a form",
        description: "The same parameters in a form; the browser is sent on to the address with them.",
        body: .form(authorizationParameters, example: exampleParameters),
        answers: [redirect("The same request in a query."), malformed, unusable, tooLarge, notForm])

    private static let words: [String: String] = [
        "client_id": "Which program asks.", "redirect_uri": "Where the answer goes: one of the client's, to the letter.", "response_type": "`code`.",
        "scope": "Scopes with blanks between; all of the client's when left out.", "state": "Comes back to the letter.",
        "code_challenge": "Base64url of the SHA-256 of the verifier (RFC 7636).", "code_challenge_method": "`S256`.",
        "prompt": "`none`, or any of `login`, `select_account` and `consent`.", "dpop_jkt": "Thumbprint of the key that the code is bound to (RFC 9449).",
        "request_uri": "Of a request that was pushed (RFC 9126).", "response_mode": "`query`.", "resource": "This API (RFC 8707).",
    ]

    private static func form(_ id: String, _ summary: String, _ members: [Schema.Member], example: JSON, _ answers: [Operation.Answer]) -> Operation {
        Operation(
            id, .authentication, summary, description: "Of our own pages: the token in the form is good for one browser and one request.",
            body: .form(.form(nil, members), example: example), answers: answers + [malformed, outOfDate, tooLarge, notForm, unavailable])
    }

    private static let carried: [Schema.Member] = [.optional("request", .string(0...longest)), .optional("token", .string(1...100))]

    static let signIn = form(
        "signIn", "Sign in",
        carried + [
            .optional("workspace", Schema.id(Workspace.self).described("In the place of a request, for the list of programs.")),
            .optional("email", .string(1...320)), .optional("password", .string(1...200)),
        ],
        example: ["request": "client_id=…", "token": "…", "email": "john@example.com", "password": "…"],
        [
            redirect("Signed in; on to the question."), page(.unprocessableContent, "The e-mail address or the password is not right, or missing."),
            page(.tooManyRequests, "Too many tries for the account or from the address."),
        ])

    static let consent = form(
        "decide", "Answer the question", carried + [.optional("decision", .choice(["allow", "deny"]))],
        example: ["request": "client_id=…", "token": "…", "decision": "allow"], [redirect("The answer, on to the client.")])

    static let signOut = form(
        "signOut", "Sign out", carried, example: ["token": "…"], [redirect("Signed out.")])

    static let consents = Operation(
        "showConsents", .authentication, "Which programs may act for whoever is signed in",
        description: "A page for people. Its links name the workspace to sign in at; without one it is the first.",
        answers: [page(.ok, "The list, or the sign-in."), malformed, unavailable])

    static let withdraw = form(
        "withdrawConsent", "Take back what a program was let do",
        [.optional("client", .string(1...128)), .optional("token", .string(1...100))], example: ["client": "client_01jd7t5m8efqv8s4z3x2c1b0n9", "token": "…"],
        [redirect("Back to the list.")])

    static let signOutPage = Operation(
        "showSignOut", .authentication, "Who is signed in, and the way out", answers: [page(.ok, "The page."), unavailable])

    static let style = Operation(
        "getSignInStyle", .authentication, "How the pages of the sign-in look",
        answers: [Operation.Answer(status: .ok, description: "The style sheet.", schema: .string(), example: "body { … }", mediaType: "text/css")])
}
