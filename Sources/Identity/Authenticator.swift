package import Ledger
import Synchronization

/// Knows API keys. A valid one is remembered for a second, so that a busy client costs one read a second; a revoked one stops within that time.
package final class Authenticator: Sendable {
    private struct Known {
        var credential: Credential
        var until: ContinuousClock.Instant
    }

    private let keys: APIKeyTable
    private let tokens: AccessTokens?
    /// By the key's hash, so that no secret rests here.
    private let known = Mutex<[[UInt8]: Known]>([:])
    private static let lifetime = Duration.seconds(1)
    /// Emptied when full: keys in use come back with one read each.
    private static let mostKnown = 10_000

    /// - Parameter tokens: nil where only keys are known.
    package init(keys: APIKeyTable, tokens: AccessTokens? = nil) {
        self.keys = keys
        self.tokens = tokens
    }

    /// Nil for a key that is malformed, unknown, expired or revoked: which of them is nobody's business.
    package func authenticate(key text: String) async throws -> Credential? {
        guard let secret = APIKeySecret(text) else { return try await bearer(text) }
        let hash = secret.hash
        let now = ContinuousClock.now
        if let known = known.withLock({ $0[hash] }), known.until > now { return known.credential }
        guard let row = try await keys.find(prefix: secret.prefix), secret.matches(hash: row.hash), row.isLive else {
            known.withLock { _ = $0.removeValue(forKey: hash) }
            return nil
        }
        let credential = Credential(workspace: row.workspace, principal: .key(row.id), scopes: Set(row.scopes.compactMap { Scope(rawValue: $0) }))
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll() }
            known[hash] = Known(credential: credential, until: now + Self.lifetime)
        }
        return credential
    }

    /// A token that is bound to a key is good with a proof of that key only.
    private func bearer(_ text: String) async throws -> Credential? {
        guard let known = try await tokens?.verify(text), known.proofKey == nil else { return nil }
        return known.credential
    }
}
