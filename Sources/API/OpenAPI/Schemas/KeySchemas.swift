import Identity
import Primitives

/// API keys in the document.
enum KeySchemas {
    private static let name = Schema.string(1...KeyWish.longestName).described("What it is for.")
    private static let scopes = Schema.array(.choice(Scope.self), 1...KeyWish.mostScopes)
    private static let network = Schema.string(2...49, pattern: "^(\(CIDRPattern.v4)|\(CIDRPattern.v6))$")
        .described("An IPv4 or IPv6 address, or a range of them in CIDR notation.")
    private static let networks = Schema.array(network, 0...KeyWish.mostNetworks).described("Where it may be used from; empty for everywhere.")
    private static let expiresAt = Schema.time.orNull.described("When it stops working; null for never.")

    private static let members: [Schema.Member] = [
        .required("id", .id(APIKey.self)),
        .required("name", name),
        .required("prefix", .string(pattern: "^vk_[2-9a-hjkmnp-z]{12}$").described("How its newest secret begins, to tell keys apart.")),
        .required("scopes", .array(.string())),
        .required("allowedNetworks", .array(.string())),
        .required("createdAt", .time),
        .required("expiresAt", expiresAt),
        .required("lastUsedAt", Schema.time.orNull.described("To about a minute.")),
        .required("overlapEndsAt", Schema.time.orNull.described("Until when an older secret goes on; null when there is none.")),
    ]

    static let key = Schema.object("Key", members)
    static let keyWithSecret = Schema.object(
        "KeyWithSecret",
        [.required("key", .string(pattern: "^vk_[2-9a-hjkmnp-z]{12}_[A-Za-z0-9_-]{43}$").described("The secret. It is shown once."))] + members)

    static let new = Schema.object(
        "NewKey", [.required("name", name), .required("scopes", scopes), .optional("allowedNetworks", networks.orNull), .optional("expiresAt", expiresAt)],
        open: false)
    static let change = Schema.object(
        "KeyChange",
        [.optional("name", name.orNull), .optional("scopes", scopes.orNull), .optional("allowedNetworks", networks.orNull), .optional("expiresAt", expiresAt)],
        open: false)
    static let rotation = Schema.object(
        "KeyRotation",
        [.optional("overlapSeconds", Schema.integer(KeyOperations.overlapSeconds).orNull.described("How long the old secret goes on; a day when left out."))],
        open: false)

    static let newExample: JSON = [
        "name": "Nightly export", "scopes": ["users:read", "courses:read"], "allowedNetworks": ["192.0.2.0/24", "2001:db8::/32"],
        "expiresAt": "2030-01-01T00:00:00Z",
    ]
    private static let shown: [(String, JSON)] = [
        ("id", "key_01jd3q7m5x8w2r4t6v9y0abcde"), ("name", "Nightly export"), ("prefix", "vk_a2b3c4d5e6f7"),
        ("scopes", ["users:read", "courses:read"]), ("allowedNetworks", ["192.0.2.0/24"]), ("createdAt", "2026-11-24T10:30:00.000Z"),
        ("expiresAt", .null), ("lastUsedAt", "2026-11-24T11:00:00.000Z"), ("overlapEndsAt", .null),
    ]
    static let example = JSON.object(shown)
    static let secretExample = JSON.object([("key", "vk_a2b3c4d5e6f7_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")] + shown)
}
