import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Logging
import Primitives

/// What the routes of the sign-in have in common: the browser's cookie, the tokens of their forms, and how they say no.
struct SignInDesk: Sendable {
    /// A form that was not made for this browser and this request, or that its token is missing of.
    struct OutOfDate: Error {
        /// Where to begin again, below the sign-in's own path; nil when there is nothing to go on with.
        var address: String?
    }

    let services: APIServices

    static let longestQuery = 8 << 10
    private static let usualRetry = Duration.seconds(2)

    var cookie: BrowserCookie { BrowserCookie(issuer: services.oauth.issuer) }

    /// - Returns: what tells the browser from others, and whether it has yet to be told so.
    func browser(_ request: Request) -> (secret: SessionSecret, isNew: Bool) {
        if let known = cookie.read(request.headers) { return (known, false) }
        return (SessionSecret.mint(), true)
    }

    /// For forms: the browser has our cookie, and the form was sent from a page of ours as far as the browser says.
    func knownBrowser(_ request: Request, _ form: FormFields) throws -> SessionSecret {
        let query = try? FormText.encode(carried(form).pairs)
        guard let known = cookie.read(request.headers), [nil, "same-origin", "none"].contains(request.headers[.fetchSite]) else {
            throw OutOfDate(address: query.flatMap { $0.isEmpty ? nil : "authorize?\($0)" })
        }
        return known
    }

    /// The authorization request that a form goes on with.
    func carried(_ form: FormFields) throws(FormFields.Defect) -> FormFields { try FormFields((form["request"] ?? "").utf8) }

    /// Who is signed in, as far as the client's workspace is concerned.
    func session(_ browser: SessionSecret, for visit: AuthorizationVisit) async throws -> SessionRow? {
        guard let session = try await services.signIn.sessions.find(hash: browser.hash), session.workspace == visit.client.workspace else { return nil }
        return session
    }

    func signInPage(_ purpose: SignInPurpose, browser: SessionSecret, email: String = "", fault: SignInPage.Fault? = nil) -> SignInPage {
        let token = browser.token(for: .signIn, request: purpose.subject)
        switch purpose {
        case .consents(let workspace):
            return SignInPage(
                lead: "to see which programs may act for you", carried: ("workspace", workspace.description), token: token, email: email, fault: fault)
        case .request(let visit):
            let target = visit.request.target
            return SignInPage(
                lead: "to go on to <strong><bdi>\(visit.client.name)</bdi></strong>", carried: ("request", visit.query), token: token,
                cancelURL: target.url(AuthorizationRefusal(.accessDenied, "The user did not sign in."), issuer: services.oauth.issuer.url),
                formTarget: target.source, email: email, fault: fault)
        }
    }

    /// What the form of a sign-in goes on with.
    func purpose(_ form: FormFields, browser: SessionSecret) async throws -> SignInPurpose {
        if let workspace = form["workspace"].flatMap({ WorkspaceID($0) }) { return .consents(workspace) }
        return .request(try await AuthorizationVisit(try carried(form), browser: browser, services: services))
    }

    /// Answers refusals with a page, or with a redirect to the client when it is known where that is.
    func answering(_ context: APIContext, _ answer: () async throws -> Response) async throws -> Response {
        do {
            return try await answer()
        } catch let refusal as AuthorizationVisit.Refusal {
            switch refusal {
            case .page(let title, let text): return NoticePage.refused(title, text, status: .forbidden, requestID: context.requestID).response
            case .sent(let target, let refusal, let reference):
                if let reference { _ = try await services.signIn.pushed.answer(reference) }
                return WebPage.redirect(to: target.url(refusal, issuer: services.oauth.issuer.url))
            }
        } catch let stale as OutOfDate {
            return NoticePage.outOfDate(address: stale.address).response
        } catch let defect as FormFields.Defect {
            let problem = Problem(defect)
            return NoticePage.refused("This link cannot be used", problem.detail, status: problem.status, requestID: context.requestID).response
        } catch {
            guard let problem = Problem(error), problem.status == .serviceUnavailable else { throw error }
            context.requestLogger.warning("request failed", metadata: ["error": "\(error)"])
            var response = NoticePage.refused(
                "Try again in a moment", "We cannot do this at the moment.", status: problem.status, requestID: context.requestID
            ).response
            response.headers[.retryAfter] = String(Self.usualRetry.components.seconds)
            return response
        }
    }
}

extension AuthorizationTarget {
    /// For people: the host, or the scheme of a program of their own.
    var destination: String {
        let parts = redirectURI.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("//"), ["http", "https"].contains(parts[0].lowercased()) else { return "\(parts.first ?? ""):" }
        return String(parts[1].dropFirst(2).prefix { $0 != "/" && $0 != "?" })
    }
}
