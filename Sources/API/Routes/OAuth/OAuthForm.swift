import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A form that a client posted to OAuth, and who the client says it is.
struct OAuthForm: Sendable {
    let fields: FormFields
    private let presented: ClientAuthenticator.Presented
    private let path: String

    /// What of a form proves who the client is, and goes nowhere from there.
    static let proofs = ["client_secret", "client_assertion", "client_assertion_type"]

    /// Throws `OAuthRefusal`, or `FormFields.Defect` for what is no form.
    init(_ request: Request) async throws {
        fields = try await request.formFields()
        // A value that came twice is read differently by different programs (RFC 6749 §3.2).
        guard fields.repeated.isEmpty else { throw OAuthRefusal(.invalidRequest, "A parameter is there more than once.") }
        presented = try Self.presented(request.headers, fields)
        path = request.uri.path
    }

    func required(_ name: String) throws(OAuthRefusal) -> String {
        guard let value = fields[name] else { throw OAuthRefusal(.invalidRequest, "\(name) is missing.") }
        return value
    }

    /// The client, once it has proved who it is. It is in its workspace's log from here on; one that proves nothing is not, since anybody can name it.
    /// - Parameter provingIt: whether a client that cannot prove who it is is refused.
    func client(_ server: OAuthServer, _ context: APIContext, provingIt: Bool = false) async throws -> OAuthClientRow {
        let client = try await server.authenticator.authenticate(presented, endpoints: [OAuthTokenRoutes.tokenPath, path])
        if provingIt, client.isPublic { throw OAuthRefusal(.invalidClient, "The client has no secret to prove who it is.") }
        if !client.isPublic { note(client, context) }
        return client
    }

    /// Tells the log who makes the request.
    func note(_ client: OAuthClientRow, _ context: APIContext) {
        context.caller.set(Credential(workspace: client.workspace, principal: .client(client.id), scopes: []))
    }

    /// By one way only (RFC 6749 §2.3): Basic, both parts form-encoded, or the form's own fields: a secret, or a signature (RFC 7523).
    private static func presented(_ headers: HTTPFields, _ fields: FormFields) throws(OAuthRefusal) -> ClientAuthenticator.Presented {
        // Another scheme is no proof of a client's, and not the form's business.
        let isBasic = headers[.authorization]?.lowercased().hasPrefix("basic ") ?? false
        if fields["client_secret"] != nil, fields["client_assertion"] != nil {
            throw OAuthRefusal(.invalidClient, "The client proves who it is by a secret and by a signature.")
        }
        guard !isBasic || fields["client_secret"] == nil && fields["client_assertion"] == nil else { throw OAuthRefusal(.invalidRequest, "The client proves who it is in two ways.") }
        if let header = headers[.authorization] {
            guard let (id, secret) = basic(header) else { throw OAuthRefusal(.invalidClient, "The Authorization header is not valid Basic.") }
            guard fields["client_id"].map({ $0 == id }) ?? true else { throw OAuthRefusal(.invalidRequest, "The request names two clients.") }
            return .init(clientID: id, proof: .secret(secret))
        }
        if let assertion = fields["client_assertion"] {
            guard fields["client_assertion_type"] == ClientAssertion.type else {
                throw OAuthRefusal(.invalidClient, "The only client_assertion_type is \(ClientAssertion.type).")
            }
            guard let id = fields["client_id"] ?? ClientAssertion.subject(of: assertion) else {
                throw OAuthRefusal(.invalidClient, "The client_assertion is no signed JSON web token.")
            }
            return .init(clientID: id, proof: .assertion(Redacted(assertion)))
        }
        guard let id = fields["client_id"] else { throw OAuthRefusal(.invalidClient, "The request names no client.") }
        return .init(clientID: id, proof: fields["client_secret"].map { .secret(Redacted($0)) } ?? .none)
    }

    private static func basic(_ header: String) -> (id: String, secret: Redacted<String>)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1].trimmingPrefix { $0 == " " })),
            let colon = data.firstIndex(of: UInt8(ascii: ":")), let id = formDecoded(data[..<colon]),
            let secret = formDecoded(data[data.index(after: colon)...])
        else { return nil }
        return (id, Redacted(secret))
    }

    /// Nil for nothing, and for what no encoder of forms writes.
    private static func formDecoded(_ bytes: Data) -> String? {
        guard !bytes.contains(UInt8(ascii: "&")), let fields = try? FormFields(Array("v=".utf8) + bytes) else { return nil }
        return fields["v"]
    }
}
