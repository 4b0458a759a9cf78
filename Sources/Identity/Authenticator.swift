import Crypto
package import Ledger
import Primitives

/// Knows what a request presents: API keys by itself, any other text by the verifier that it was given.
///
/// What was found to be in order is remembered (`RevocableCache`), by its SHA-256, so that no secret rests here: a client that is known costs no round
/// trip, and a flood of one wrong key one read a second.
package final class Authenticator: Sendable {
    /// Judges a text that is no API key: an access token. Nil for one that is not in order.
    package typealias Verifier = @Sendable (_ text: String) async throws -> KnownCredential?

    private let keys: APIKeyTable
    private let use: KeyUse?
    private let verify: Verifier?
    private let cache: RevocableCache<SecretDigest, KnownCredential>
    /// No token of ours is longer.
    private static let longest = 8192

    /// - Parameters:
    ///   - revocations: nil to go by memory for a second at most.
    ///   - use: learns which keys are used; it hears of a busy one about every thirty seconds.
    package init(
        keys: APIKeyTable, revocations: Revocations? = nil, use: KeyUse? = nil, bounds: RevocableCache<SecretDigest, KnownCredential>.Bounds = .init(),
        verify: Verifier? = nil
    ) {
        self.keys = keys
        self.use = use
        self.verify = verify
        cache = RevocableCache(bounds, revocations: revocations)
    }

    /// Nil for a text that is malformed, unknown, expired or revoked: which of them is nobody's business.
    /// - Parameter beforeRead: called when the answer is not remembered; what it throws is thrown.
    package func authenticate(_ text: String, beforeRead: () throws -> Void = {}) async throws -> KnownCredential? {
        guard text.utf8.count <= Self.longest else { return nil }
        let digest = SecretDigest(text)
        if let known = cache.known(digest) { return known }
        let secret = APIKeySecret(text)
        // What begins like a key and is none is not worth a read.
        if secret == nil, text.hasPrefix(APIKeySecret.start) || verify == nil { return nil }
        try beforeRead()
        return try await cache.value(for: digest) { try await read(text, secret) }
    }

    private func read(_ text: String, _ secret: APIKeySecret?) async throws -> Remembered<KnownCredential>? {
        guard let secret else {
            guard let known = try await verify?(text) else { return nil }
            return remembered(known, life: known.expiresAt.map { .microseconds($0 - WallClock.now) })
        }
        guard let row = try await keys.find(prefix: secret.prefix), secret.matches(hash: row.hash), row.isLive else { return nil }
        use?.note(row.id)
        var networks: [Network] = []
        for text in row.networks {
            // A row that says less than it should must not open what it was to close.
            guard let network = try? Network(text) else { return nil }
            networks.append(network)
        }
        let life = row.microsecondsLeft
        let credential = Credential(workspace: row.workspace, principal: .key(row.id), scopes: Set(names: row.scopes))
        let known = KnownCredential(
            credential: credential, expiresAt: life.map { WallClock.now + $0 }, networks: networks,
            subjects: [row.id.description, row.workspace.description])
        return remembered(known, life: life.map { .microseconds($0) })
    }

    private func remembered(_ known: KnownCredential, life: Duration?) -> Remembered<KnownCredential>? {
        if let life, life <= .zero { return nil }
        return Remembered(known, subjects: known.subjects, life: life)
    }
}

/// SHA-256 of a presented text, as a key of a table: any eight bytes of it are as good a hash as any.
package struct SecretDigest: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package init(_ text: String) {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        words = hash.finalize().withUnsafeBytes { bytes in
            let word = { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    package static func == (one: SecretDigest, other: SecretDigest) -> Bool { one.words == other.words }
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
