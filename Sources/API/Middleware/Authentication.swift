import HTTPTypes
import Hummingbird
import Identity

/// Finds out who makes a request, and whether they may.
struct Authentication: Sendable {
    let authenticator: Authenticator

    /// - Parameter scopes: any of them is enough.
    func authorize(_ request: Request, scopes: [Scope]) async throws -> Credential {
        guard let key = Self.key(of: request.headers) else { throw Problem.unauthenticated }
        guard let credential = try await authenticator.authenticate(key: key) else { throw Problem.invalidKey }
        guard scopes.contains(where: credential.scopes.contains) else { throw Problem.missingScope(scopes.map(\.rawValue)) }
        return credential
    }

    private static func key(of headers: HTTPFields) -> String? {
        guard let authorization = headers[.authorization] else { return headers[.apiKey] }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return headers[.apiKey] }
        return String(parts[1].trimmingPrefix { $0 == " " })
    }
}
