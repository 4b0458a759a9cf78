import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A browser that comes with an authorization request. The request goes from page to page as the query that it came as, and is judged anew each time.
struct AuthorizationVisit: Sendable {
    /// What keeps a request from being answered by a redirect.
    enum Refusal: Error, Sendable {
        case page(title: String, text: String)
        /// To be sent to the client.
        case sent(AuthorizationTarget, AuthorizationRefusal, reference: String?)
    }

    /// As the pages carry it, encoded by us whatever it was before.
    let query: String
    let request: AuthorizationRequest
    /// `request_uri`, for a request that was pushed.
    let reference: String?
    /// Microseconds since 1970, likewise.
    let openedAt: Int64?

    var client: OAuthClientRow { request.client }

    init(_ fields: FormFields, browser: SessionSecret, services: APIServices) async throws {
        query = FormText.encode(fields.pairs)
        var parameters = AuthorizationRequest.Parameters(values: fields.values, repeated: fields.repeated)
        let client: OAuthClientRow? =
            if let id = AuthorizationTarget.clientID(in: parameters), id.utf8.count <= Self.longestID { try await services.oauth.clients.find(clientID: id) } else { nil }
        var (reference, openedAt): (String?, Int64?)
        if let client, !parameters.repeated.contains("request_uri"), let given = parameters["request_uri"], PushedRequests.isReference(given) {
            guard let row = try await services.signIn.pushed.open(given, client: client, browser: browser) else { throw Self.overOrUnknown }
            let pushed = try FormFields(row.parameters.utf8)
            parameters = AuthorizationRequest.Parameters(values: pushed.values, repeated: pushed.repeated)
            (reference, openedAt) = (given, row.openedAt)
        }
        (self.reference, self.openedAt) = (reference, openedAt)
        let target: AuthorizationTarget
        do { target = try AuthorizationTarget(parameters, client: client) } catch { throw Self.refusal(error) }
        guard let client else { throw Self.refusal(.unknownClient) }
        do {
            request = try AuthorizationRequest(parameters, client: client, target: target, resource: services.oauth.issuer.url)
        } catch {
            throw Refusal.sent(target, error, reference: reference)
        }
    }

    private static let longestID = 128

    /// Whether somebody who signed in then has to do so again, since the client asks for it.
    func isFreshEnough(_ session: SessionRow) -> Bool {
        guard request.prompt.contains(.login) else { return true }
        return openedAt.map { session.createdAt >= $0 } ?? false
    }

    /// The query to go on with after somebody signed in because the client asked for it: else they would be asked for ever.
    var queryAfterSignIn: String {
        guard reference == nil, let fields = try? FormFields(query.utf8) else { return query }
        var pairs = fields.pairs.filter { $0.name != "prompt" }
        if request.prompt.contains(.consent) { pairs.append(("prompt", "consent")) }
        return FormText.encode(pairs)
    }

    private static let overOrUnknown = Refusal.page(
        title: "This link has expired", text: "It can be used once and for a short time only. Go back to the program that sent you here and start again.")

    private static func refusal(_ refusal: AuthorizationTarget.Refusal) -> Refusal {
        let text =
            switch refusal {
            case .noClient: "It does not say which program asks for access, or says it twice."
            case .unknownClient: "The program that asks for access is not registered here."
            case .noRedirectURI: "It does not say where the answer should go, or says it twice."
            case .unknownRedirectURI: "The answer would go to an address that this program has not registered."
            }
        return .page(title: "This link cannot be used", text: text + " Nothing was sent to it.")
    }
}
