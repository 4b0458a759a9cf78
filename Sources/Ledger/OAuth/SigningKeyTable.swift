package import Postgres
import Primitives

package struct NewSigningKey: Sendable {
    package var kid: String
    /// Uncompressed point (X9.63).
    package var publicKey: [UInt8]
    /// Sealed by the caller, bound to the kid.
    package var sealedPrivate: [UInt8]
    package var sealedBy: String

    package init(kid: String, publicKey: [UInt8], sealedPrivate: [UInt8], sealedBy: String) {
        self.kid = kid
        self.publicKey = publicKey
        self.sealedPrivate = sealedPrivate
        self.sealedBy = sealedBy
    }
}

package struct SigningKeyRow: Sendable {
    package var kid: String
    package var publicKey: [UInt8]
    package var sealedPrivate: [UInt8]
    package var sealedBy: String
    /// Microseconds since 1970.
    package var createdAt: Int64
    package var signsFrom: Int64
    package var leavesAt: Int64?
    /// By the ledger's clock.
    package var maySign: Bool
}

/// The keys that sign access tokens, those that only verify any more among them.
package struct SigningKeyTable: Sendable {
    private static let lock: Int64 = 0x766f_6963_6b65_7973
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The one to sign with comes first among those that may.
    package func list() async throws -> [SigningKeyRow] {
        try await pool.query(
            """
            SELECT kid, public_key, private_sealed, private_key_id, created_at, signs_from, leaves_at, signs_from <= now() FROM signing_keys
            WHERE leaves_at IS NULL OR leaves_at > now() ORDER BY signs_from DESC, kid
            """
        ).map(Self.row)
    }

    /// A key that signs at once, unless another process made one in the meantime.
    /// - Parameter sealedBy: keys sealed by others do not count: this process could not sign with them.
    package func insertFirst(_ key: NewSigningKey) async throws {
        try await pool.withTransaction { connection in
            try await Self.takeLock(on: connection)
            // The clock, not now(): a rival's key that this one waited for may be dated after this transaction's begin.
            let known = try await connection.query(
                "SELECT 1 FROM signing_keys WHERE private_key_id = $1 AND leaves_at IS NULL AND signs_from <= clock_timestamp()",
                [.text(key.sealedBy)])
            if known.isEmpty { try await Self.insert(key, signsIn: .zero, on: connection) }
        }
    }

    /// The new key is published at once and signs after a while; those before it leave when nothing that they signed can be good any more.
    /// - Parameters:
    ///   - overlap: from publication to its first signature.
    ///   - longest: that a token may live.
    package func rotate(to key: NewSigningKey, overlap: Duration, longest: Duration) async throws {
        try await pool.withTransaction { connection in
            try await Self.takeLock(on: connection)
            _ = try await connection.query(
                "UPDATE signing_keys SET leaves_at = now() + ($1::bigint + $2::bigint) * interval '1 microsecond' WHERE leaves_at IS NULL",
                [.int64(overlap.microseconds), .int64(longest.microseconds)])
            try await Self.insert(key, signsIn: overlap, on: connection)
        }
    }

    private static func takeLock(on connection: PostgresConnection) async throws {
        _ = try await connection.query("SELECT pg_advisory_xact_lock($1)::text", [.int64(lock)])
    }

    private static func insert(_ key: NewSigningKey, signsIn wait: Duration, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            INSERT INTO signing_keys (kid, public_key, private_sealed, private_key_id, signs_from)
            VALUES ($1, $2, $3, $4, now() + $5 * interval '1 microsecond')
            """,
            [.text(key.kid), .bytes(key.publicKey), .bytes(key.sealedPrivate), .text(key.sealedBy), .int64(wait.microseconds)])
    }

    private static func row(_ row: PostgresRow) throws -> SigningKeyRow {
        SigningKeyRow(
            kid: try row.text(0), publicKey: try row.bytes(1), sealedPrivate: try row.bytes(2), sealedBy: try row.text(3),
            createdAt: try row.timestamp(4), signsFrom: try row.timestamp(5), leavesAt: try row.optionalTimestamp(6), maySign: try row.bool(7))
    }
}
