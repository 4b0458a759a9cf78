import Identity
import Ledger

/// Keys in JSON.
enum KeyJSON {
    static func listing(_ key: APIKeyListing) -> JSON { .object(members(key)) }

    /// The one time that the secret is shown.
    static func secret(_ secret: APIKeySecret, of key: APIKeyListing) -> JSON { .object([("key", .string(secret.exposed))] + members(key)) }

    private static func members(_ key: APIKeyListing) -> [(String, JSON)] {
        [
            ("id", .text(key.id)), ("name", .string(key.name)), ("prefix", .string(APIKeySecret.start + key.prefix)),
            ("scopes", .array(key.scopes.map { .string($0) })), ("allowedNetworks", .array(key.networks.map { .string($0) })),
            ("createdAt", .time(key.createdAt)), ("expiresAt", .optional(time: key.expiresAt)), ("lastUsedAt", .optional(time: key.lastUsedAt)),
            ("overlapEndsAt", .optional(time: key.overlapEndsAt)),
        ]
    }
}
