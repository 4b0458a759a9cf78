import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// Where users see what they let programs do, and take it back by themselves.
struct OAuthConsentsRoutes: Sendable {
    let services: APIServices

    private static let mostConsents = 200

    var all: [Route] {
        [
            Route(openly: .get, "/api/oauth/consents", SignInOperations.consents) { request, context in
                try await desk.answering(context) { try await show(request) }
            },
            Route(openly: .post, "/api/oauth/consents", SignInOperations.withdraw) { request, context in
                try await desk.answering(context) { try await withdraw(request) }
            },
        ]
    }

    private var desk: SignInDesk { SignInDesk(services: services) }

    private func show(_ request: Request) async throws -> Response {
        let fields = try request.queryFields()
        let (browser, isNew) = desk.browser(request)
        let asked = fields["workspace"].flatMap { WorkspaceID($0) }
        let session = isNew ? nil : try await services.signIn.sessions.find(hash: browser.hash)
        guard let session, asked == nil || asked == session.workspace else {
            var response = try await signInPage(asked, browser).page.response
            if isNew { desk.cookie.set(browser, on: &response) }
            return response
        }
        let rows = try await services.signIn.consents.list(user: session.user, workspace: session.workspace, limit: Self.mostConsents)
        return ConsentsPage(
            items: rows.map { .init(consent: $0, token: browser.token(for: .withdrawal, request: $0.clientID)) }, email: session.email,
            signOutToken: browser.token(for: .signOut, request: ""), hasEnded: fields["ended"] != nil
        ).page.response
    }

    /// Without a client's request nobody says which workspace is meant: the query does, or it is the first one, as for programs that register themselves.
    private func signInPage(_ asked: WorkspaceID?, _ browser: SessionSecret) async throws -> SignInPage {
        let first = asked == nil ? try await WorkspaceTable(pool: services.pool).first()?.id : nil
        guard let workspace = asked ?? first else { throw Problem.unavailable("no_workspace", "There is no workspace yet.") }
        return desk.signInPage(.consents(workspace), browser: browser)
    }

    private func withdraw(_ request: Request) async throws -> Response {
        let form = try await request.formFields()
        let again = SignInDesk.OutOfDate(address: "consents")
        guard let browser = try? desk.knownBrowser(request, form) else { throw again }
        guard let session = try await services.signIn.sessions.find(hash: browser.hash) else { return WebPage.redirect(to: "consents") }
        guard form.repeated.isEmpty, let name = form["client"], browser.accepts(form["token"], for: .withdrawal, request: name) else { throw again }
        if let client = try await services.oauth.clients.find(clientID: name), client.workspace == session.workspace {
            let withdrawal = Withdrawal(pool: services.pool, revocations: services.revocations)
            _ = try await withdrawal.take(user: session.user, client: client.id, workspace: session.workspace)
        }
        // Whoever sent the form twice has what they want.
        return WebPage.redirect(to: "consents?ended=1")
    }
}
