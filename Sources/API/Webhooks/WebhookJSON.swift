import Jobs
import Ledger
import Primitives

/// Webhooks as clients see them.
enum WebhookJSON {
    /// - Parameter secret: where it is shown; of a key pair it is the public half.
    static func webhook(_ row: EndpointRow, headers: EndpointHeaders, limits: LaneLimits, secret: WebhookSecret? = nil) -> JSON {
        let profile = row.profile
        var members: [(String, JSON)] = [("id", .text(row.id))]
        if let secret {
            let shown: (String, JSON) = if let key = secret.publicKeyText { ("publicKey", .string(key)) } else { ("secret", .string(secret.exposed)) }
            members.append(shown)
        }
        let shown = LimitFields.json(limits)
        members += [
            ("status", .string(row.status)), ("eventTypes", .array(profile.eventTypes.map { .string($0) })), ("webhookUrl", .string(profile.url)),
            ("description", .string(profile.description)), ("filter", profile.filter.map { JSON.raw($0) } ?? .null),
            ("headers", WebhookHeaderFields.json(headers)), ("metadata", .raw(profile.metadata)), ("signature", .string(row.signature)),
            ("rate", shown["rate"] ?? .null), ("burst", shown["burst"] ?? .null), ("concurrency", shown["concurrency"] ?? .null),
            ("timeoutSeconds", .int((profile.timeoutMilliseconds ?? usualTimeout) / 1000)),
            ("retrySchedule", profile.retrySchedule.map { JSON.array($0.map { JSON.int($0) }) } ?? .null),
            ("deliveryOrder", .string(profile.order.rawValue)), ("orderKey", .optional(profile.orderKey)),
            ("apiVersion", .optional(profile.apiVersion)), ("ownershipChallenge", .bool(row.isChallenged)),
            ("verifiedAt", .optional(time: row.verifiedAt)), ("disabledAt", .optional(time: row.disabledAt)),
            ("disabledReason", .optional(row.disabledReason)), ("version", .int(row.version)), ("createdAt", .time(row.createdAt)),
            ("updatedAt", .time(row.updatedAt)), ("links", links(row)),
        ]
        return .object(members)
    }

    private static var usualTimeout: Int32 { Int32(EndpointDirectory.usualTimeout.microseconds / 1000) }

    private static func links(_ row: EndpointRow) -> JSON {
        let path = "/api/webhooks/\(row.id)"
        var links: [(String, JSON)] = [("self", .string(path)), ("health", .string(path + "/health")), ("deliveries", .string(path + "/deliveries"))]
        if row.signature == SignatureScheme.v1a.rawValue { links.append(("keys", .string(path + "/keys"))) }
        return .object(links)
    }

    /// A JSON Web Key Set (RFC 7517, RFC 8037) of public halves, each also as Standard Webhooks writes it.
    static func keys(_ secrets: [WebhookSecret]) -> JSON {
        let keys = secrets.compactMap { secret -> JSON? in
            guard let key = secret.publicKey, let text = secret.publicKeyText else { return nil }
            let x = Base64URL.encode(key)
            return [
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": .string(String(x.prefix(16))), "x": .string(x),
                "publicKey": .string(text),
            ]
        }
        return ["keys": .array(keys)]
    }
}
