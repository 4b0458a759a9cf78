import Crypto
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A request from a known caller.
struct Call: Sendable {
    let request: Request
    let context: APIContext
    let credential: Credential
    /// Where the credential may be used from; empty for everywhere.
    var networks: [Network] = []

    private static let longestKey = 255

    var workspace: WorkspaceID { credential.workspace }
    /// For the operators' record.
    var actor: String { credential.principal.description }
    /// As a job keeps it.
    var trace: String { context.trace.stored }

    /// The id in the path; nil when it cannot be one, which is a 404 like any unknown one.
    func id<Thing>(_: ID<Thing>.Type) -> ID<Thing>? { context.parameters.get("id").flatMap { ID<Thing>($0) } }

    func number(_ name: String) -> Int32? { context.parameters.get(name).flatMap { Int32($0) } }

    /// The body, and the claim that its `Idempotency-Key` makes on it.
    /// - Parameters:
    ///   - mayBeEmpty: no body at all is an empty object.
    ///   - isLogged: whether the log may keep it, where the workspace wants bodies.
    func body(upTo limit: Int = BodyLimit.single, mayBeEmpty: Bool = false, isLogged: Bool = true) async throws -> (json: RawJSON, claim: IdempotencyClaim?) {
        let key = try idempotencyKey()
        let bytes = try await request.jsonBytes(upTo: limit)
        if !bytes.isEmpty, isLogged { context.caller.keep(body: bytes) }
        let claim = key.map { key in
            var hash = SHA256()
            hash.update(data: Array("\(request.method.rawValue) \(request.uri.path)\n".utf8))
            hash.update(data: bytes)
            // The key is its caller's own: another's in the same workspace must not be answered with what this one was shown.
            return IdempotencyClaim(workspace: workspace, key: "\(credential.principal.whole) \(key)", fingerprint: Array(hash.finalize()))
        }
        return (try RawJSON.body(bytes.isEmpty && mayBeEmpty ? Array("{}".utf8) : bytes), claim)
    }

    private func idempotencyKey() throws(Problem) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...Self.longestKey).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw Problem.invalidIdempotencyKey
        }
        return key
    }
}
