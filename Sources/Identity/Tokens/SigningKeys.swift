package import Ledger
package import Primitives
import Synchronization

/// The ledger's signing keys as a process holds them: read again every half minute, and at once for a token whose key is new to it.
package final class SigningKeys: Sendable {
    private struct State {
        var ring: KeyRing?
        var readAt: ContinuousClock.Instant?
        /// One caller reads; the others go by what there is.
        var isReading = false
    }

    private let table: SigningKeyTable
    private let sealer: Sealer
    private let sharedSecret: Redacted<String>?
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// Long before a new key signs, every process has it.
    package static let overlap = Duration.seconds(600)
    private static let lifetime = Duration.seconds(30)
    /// Between two looks for keys that strangers name.
    private static let pause = Duration.seconds(1)

    package init(
        table: SigningKeyTable, sealer: Sealer, sharedSecret: Redacted<String>? = nil,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.table = table
        self.sealer = sealer
        self.sharedSecret = sharedSecret
        self.clock = clock
    }

    /// Never older than half a minute, unless the ledger does not answer. Makes the first key of an installation.
    package func ring() async throws -> KeyRing { try await ring(atMost: Self.lifetime) }

    func verify(_ text: String, _ header: TokenHeader) async throws -> AccessTokenClaims? {
        let known = try await ring()
        if known.knows(header) { return await known.verify(text, header) }
        guard header.algorithm == "ES256", header.kid != nil else { return nil }
        return await (try await ring(atMost: Self.pause)).verify(text, header)
    }

    func sign(_ claims: AccessTokenClaims) async throws -> String { try await ring().sign(claims) }

    /// - Parameter atOnce: sign with it now, for when the old one is known to others. Tokens are refused until everybody has seen the new one.
    package func rotate(atOnce: Bool = false) async throws -> String {
        let key = try SigningKey.make(sealer: sealer)
        try await table.rotate(
            to: key, overlap: atOnce ? .zero : Self.overlap, longest: OAuthSettings.longestAccessTokens + Self.lifetime + Self.overlap)
        return key.kid
    }

    private func ring(atMost age: Duration) async throws -> KeyRing {
        let now = clock()
        let kept: KeyRing? = state.withLock { state in
            if let ring = state.ring, let readAt = state.readAt, state.isReading || now - readAt < age { return ring }
            state.isReading = true
            return nil
        }
        if let kept { return kept }
        do {
            var fresh = try await read()
            if !fresh.canSign {
                try await table.insertFirst(try SigningKey.make(sealer: sealer))
                fresh = try await read()
            }
            return keep(fresh, at: now)
        } catch {
            // An old ring is better than none: what it verifies was signed by us.
            let old = state.withLock { state in
                state.isReading = false
                return state.ring
            }
            guard let old else { throw error }
            return old
        }
    }

    private func keep(_ ring: KeyRing, at now: ContinuousClock.Instant) -> KeyRing {
        state.withLock { $0 = State(ring: ring, readAt: now, isReading: false) }
        return ring
    }

    private func read() async throws -> KeyRing {
        var keys: [SigningKey] = []
        var current: SigningKey?
        for row in try await table.list() {
            guard let key = await SigningKey(row, sealer: sealer) else { continue }
            keys.append(key)
            if current == nil, row.maySign, key.canSign { current = key }
        }
        return await KeyRing(keys, current: current, sharedSecret: sharedSecret)
    }
}
