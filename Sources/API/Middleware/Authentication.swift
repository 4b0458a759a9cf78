import HTTPTypes
import Hummingbird
import Identity

/// Finds out who makes a request.
struct Authentication: Sendable {
    let authenticator: Authenticator
    let proofs: ProofGuard

    /// - Parameter beforeRead: called when the answer is not remembered; what it throws is thrown.
    func identify(_ request: Request, beforeRead: () throws -> Void) async throws -> KnownCredential {
        guard let presented = try PresentedCredential(request.headers) else { throw Problem.unauthenticated }
        guard let known = try await authenticator.authenticate(presented.text, beforeRead: beforeRead) else { throw Problem.invalidKey }
        switch (known.proofKey, presented.scheme) {
        case (nil, .bearer): return known
        case (nil, .proof), (_?, .bearer): throw Problem.invalidKey
        case (let key?, .proof):
            guard try await proofs.thumbprint(request, token: presented.text) == key else { throw Problem.invalidProof }
            return known
        }
    }
}

/// What a request shows for its right: a header's, never a part of its URL, which ends up in logs and histories.
struct PresentedCredential: Sendable, Equatable {
    enum Scheme: Sendable { case bearer, proof }

    let text: String
    let scheme: Scheme

    /// Nil for none.
    init?(_ headers: HTTPFields) throws(Problem) {
        let given = headers[.authorization].flatMap(Self.parse)
        let key = headers[.apiKey].map { (text: $0, scheme: Scheme.bearer) }
        // Two that differ: one of them is not meant, and we must not choose.
        if let given, let key, given.text != key.text { throw .twoCredentials }
        guard let found = given ?? key else { return nil }
        (text, scheme) = found
    }

    private static func parse(_ authorization: String) -> (text: String, scheme: Scheme)? {
        let bytes = authorization.utf8.drop { $0 == UInt8(ascii: " ") }
        guard let end = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let rest = bytes[end...].drop { $0 == UInt8(ascii: " ") }
        guard !rest.isEmpty else { return nil }
        let scheme = Substring(bytes[..<end])
        switch scheme == "Bearer" ? "bearer" : scheme.lowercased() {
        case "bearer": return (String(Substring(rest)), .bearer)
        case "dpop": return (String(Substring(rest)), .proof)
        default: return nil
        }
    }
}
