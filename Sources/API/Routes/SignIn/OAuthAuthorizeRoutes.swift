import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// Where clients send people: to sign in, and to be asked (RFC 6749 §4.1.1).
struct OAuthAuthorizeRoutes: Sendable {
    static let path = "/api/oauth/authorize"

    let services: APIServices

    var all: [Route] {
        [
            Route(openly: .get, Self.path, SignInOperations.authorize) { request, context in
                try await desk.answering(context) { try await authorize(request) }
            },
            Route(openly: .post, Self.path, SignInOperations.authorizeByForm) { request, context in
                try await desk.answering(context) { try await moveToGet(request) }
            },
            Route(openly: .post, "/api/oauth/consent", SignInOperations.consent) { request, context in
                try await desk.answering(context) { try await decide(request) }
            },
        ]
    }

    private var desk: SignInDesk { SignInDesk(services: services) }

    /// A form that a client's page posted comes without the cookie, since it comes from elsewhere; the address that it is sent on to has it.
    private func moveToGet(_ request: Request) async throws -> Response {
        let query = FormText.encode(try await request.formFields().pairs)
        guard query.utf8.count <= SignInDesk.longestQuery else { throw FormFields.Defect.tooLarge(limit: SignInDesk.longestQuery) }
        return WebPage.redirect(to: "authorize?\(query)")
    }

    private func authorize(_ request: Request) async throws -> Response {
        let (browser, isNew) = desk.browser(request)
        let visit = try await AuthorizationVisit(try request.queryFields(), browser: browser, services: services)
        var response = try await answer(visit, browser: browser, isNew: isNew)
        if isNew { desk.cookie.set(browser, on: &response) }
        return response
    }

    private func answer(_ visit: AuthorizationVisit, browser: SessionSecret, isNew: Bool) async throws -> Response {
        let prompt = visit.request.prompt
        guard !isNew, let session = try await desk.session(browser, for: visit), visit.isFreshEnough(session) else {
            if prompt.contains(.none) { throw refusal(.loginRequired, "Nobody is signed in.", of: visit) }
            return desk.signInPage(.request(visit), browser: browser).page.response
        }
        let scopes = try allowed(session, visit)
        let isKnown = try await isAgreed(scopes, session, visit)
        if isKnown, !prompt.contains(.consent) { return try await grant(scopes, session, visit) }
        if prompt.contains(.none) { throw refusal(.consentRequired, "The user has to be asked.", of: visit) }
        return ConsentPage(
            clientName: visit.client.name, email: session.email, scopes: scopes, destination: visit.request.target.destination, request: visit.query,
            token: browser.token(for: .consent, request: Self.asked(scopes, visit)),
            signOutToken: browser.token(for: .signOut, request: visit.query), formTarget: visit.request.target.source,
            workspace: visit.client.workspace
        ).page.response
    }

    private func decide(_ request: Request) async throws -> Response {
        let form = try await request.formFields()
        let browser = try desk.knownBrowser(request, form)
        let visit = try await AuthorizationVisit(try desk.carried(form), browser: browser, services: services)
        guard let session = try await desk.session(browser, for: visit) else { return WebPage.redirect(to: "authorize?\(visit.query)") }
        let scopes = try allowed(session, visit)
        guard browser.accepts(form["token"], for: .consent, request: Self.asked(scopes, visit)) else { throw SignInDesk.OutOfDate(address: "authorize?\(visit.query)") }
        switch form["decision"] {
        case "allow":
            try await services.signIn.consents.remember(
                scopes.names, user: session.user, client: visit.client.id, workspace: visit.client.workspace)
            return try await grant(scopes, session, visit)
        case "deny": throw refusal(.accessDenied, "The user did not allow it.", of: visit)
        default: throw SignInDesk.OutOfDate(address: "authorize?\(visit.query)")
        }
    }

    /// What a consent's token stands for: another set of scopes than the one that was shown is not agreed to.
    private static func asked(_ scopes: Set<Scope>, _ visit: AuthorizationVisit) -> String {
        "\(scopes.text)\n\(visit.query)"
    }

    private func allowed(_ session: SessionRow, _ visit: AuthorizationVisit) throws -> Set<Scope> {
        let scopes = visit.request.scopes(for: session.role)
        guard !scopes.isEmpty else { throw refusal(.accessDenied, "The user may grant none of what is asked for.", of: visit) }
        return scopes
    }

    /// A program without a secret that answers on the user's own machine may be any program: its user is asked each time (RFC 8252 §8.6).
    private func isAgreed(_ scopes: Set<Scope>, _ session: SessionRow, _ visit: AuthorizationVisit) async throws -> Bool {
        guard !visit.client.isPublic || visit.request.target.redirectURI.hasPrefix("https://") else { return false }
        let known = try await services.signIn.consents.scopes(user: session.user, client: visit.client.id, workspace: visit.client.workspace)
        return scopes.isSubset(of: Set(names: known))
    }

    private func grant(_ scopes: Set<Scope>, _ session: SessionRow, _ visit: AuthorizationVisit) async throws -> Response {
        if let reference = visit.reference, try await !services.signIn.pushed.answer(reference) { throw SignInDesk.OutOfDate(address: nil) }
        let code = try await services.oauth.codes.issue(
            workspace: visit.client.workspace, client: visit.client.id, user: session.user, redirectURI: visit.request.target.redirectURI,
            challenge: visit.request.challenge.challenge, scopes: scopes, proofKey: visit.request.proofKey)
        return WebPage.redirect(to: visit.request.target.url([("code", code.exposed)], issuer: services.oauth.issuer.url))
    }

    private func refusal(_ code: AuthorizationRefusal.Code, _ detail: String, of visit: AuthorizationVisit) -> AuthorizationVisit.Refusal {
        .sent(visit.request.target, AuthorizationRefusal(code, detail), reference: visit.reference)
    }
}
