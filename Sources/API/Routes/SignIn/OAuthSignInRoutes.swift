import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// Signing in and out in a browser.
struct OAuthSignInRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            Route(openly: .post, "/api/oauth/login", SignInOperations.signIn) { request, context in
                try await desk.answering(context) { try await signIn(request, context) }
            },
            Route(openly: .get, "/api/oauth/logout", SignInOperations.signOutPage) { request, context in
                try await desk.answering(context) { try await signOutPage(request) }
            },
            Route(openly: .post, "/api/oauth/logout", SignInOperations.signOut) { request, context in
                try await desk.answering(context) { try await signOut(request) }
            },
            Route(openly: .get, "/api/oauth/style.css", SignInOperations.style) { _, _ in
                Response(
                    status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=300", .xContentTypeOptions: "nosniff"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: Stylesheet.text)))
            },
        ] + OAuthConsentsRoutes(services: services).all
    }

    private var desk: SignInDesk { SignInDesk(services: services) }

    private func signIn(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await request.formFields()
        let browser = try desk.knownBrowser(request, form)
        let purpose = try await desk.purpose(form, browser: browser)
        guard browser.accepts(form["token"], for: .signIn, request: purpose.subject) else { throw SignInDesk.OutOfDate(address: purpose.address) }
        func page(_ fault: SignInPage.Fault) -> Response {
            desk.signInPage(purpose, browser: browser, email: String((form["email"] ?? "").prefix(320)), fault: fault).page.response
        }
        guard form.repeated.isEmpty, let email = form["email"], let password = form["password"] else {
            return page(form["email"] == nil ? (form["password"] == nil ? .bothMissing : .emailMissing) : .passwordMissing)
        }
        let verdict: SignIn.Verdict
        do {
            verdict = try await services.signIn.signIn(
                email: email, password: Redacted(password), workspace: purpose.workspace, address: context.signInAddress, instead: browser,
                logger: context.requestLogger)
        } catch is Passwords.Busy {
            var response = page(.busy)
            response.headers[.retryAfter] = "5"
            return response
        }
        switch verdict {
        case .refused: return page(.refused)
        case .slowDown(let wait):
            let seconds = max(1, Int64(wait.components.seconds) + 1)
            var response = page(.slowDown(minutes: (seconds + 59) / 60))
            response.headers[.retryAfter] = String(seconds)
            return response
        case .signedIn(let fresh):
            if case .request(let visit) = purpose, let reference = visit.reference { try await services.signIn.pushed.hand(reference, from: browser, to: fresh) }
            var response = WebPage.redirect(to: purpose.addressAfterSignIn)
            desk.cookie.set(fresh, on: &response)
            return response
        }
    }

    private func signOutPage(_ request: Request) async throws -> Response {
        guard let browser = desk.cookie.read(request.headers), let session = try await services.signIn.sessions.find(hash: browser.hash) else {
            return NoticePage.signedOut.response
        }
        return NoticePage.signedIn(email: session.email, token: browser.token(for: .signOut, request: "")).response
    }

    /// With an authorization request it goes on with that, for somebody else.
    private func signOut(_ request: Request) async throws -> Response {
        let form = try await request.formFields()
        let browser = try desk.knownBrowser(request, form)
        let query = FormText.encode(try desk.carried(form).pairs)
        guard browser.accepts(form["token"], for: .signOut, request: query) else { throw SignInDesk.OutOfDate(address: query.isEmpty ? nil : "authorize?\(query)") }
        try await services.signIn.sessions.end(hash: browser.hash)
        var response = WebPage.redirect(to: query.isEmpty ? "logout" : "authorize?\(query)")
        // A pushed request belongs to the browser under the cookie that it has: it keeps it, with nobody behind it any more.
        if query.isEmpty { desk.cookie.clear(on: &response) }
        return response
    }
}

extension APIContext {
    /// Whose tries are counted together. A network of IPv6 is one home or one machine.
    var signInAddress: String { RateSubject(address).description }
}
