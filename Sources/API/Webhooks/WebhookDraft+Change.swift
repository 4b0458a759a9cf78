import HTTPDelivery
import HTTPTypes
import Jobs
import Ledger
import Primitives

extension WebhookDraft {
    /// What there is, with a merge patch (RFC 7396) laid over it. A filter is replaced as a whole: merged, its conditions would add up.
    func changed(by patch: RawJSON, policy: AddressPolicy) throws(Problem) -> WebhookDraft {
        let patch = try Self.withPlainNames(patch)
        let merged = try MergePatch.body(patch, over: members)
        var whole = (merged.members ?? []).map { ($0.name, JSON.raw($0.value.text)) }
        if let filter = patch["filter"] {
            whole.removeAll { $0.0 == "filter" }
            whole.append(("filter", .raw(filter.text)))
        }
        let json = try RawJSON.body(Array(JSON.object(whole).text.utf8))

        var fields = Fields(json)
        fields.allow(only: Self.members)
        let texts = fields.texts("eventTypes", most: Self.mostEventTypes, longest: EventName.longest)
        if !fields.contains("eventTypes") { fields.refuse("eventTypes", "is missing") }
        var draft = WebhookDraft(json, types: Self.types(texts ?? [], "eventTypes", &fields), policy: policy, fields: &fields)
        try fields.finish()
        // An interval knows less than what it was made of: what the patch leaves out stays to the microsecond.
        if patch["rate"] == nil { draft.limits.interval = limits.interval }
        // An operator may have made the lane strict: only another order changes that.
        if draft.profile.order == profile.order { draft.limits.isStrict = limits.isStrict }
        draft.headers = EndpointHeaders(draft.headers.all.map { kept(secret: $0, by: patch["headers"]?[$0.name]) })
        if draft.profile.order == .key, draft.profile.orderKey == nil { throw .orderKeyMissing }
        return draft
    }

    /// A secret value stays one until there is another: what nobody is shown must not be shown by saying that it is no secret.
    private func kept(secret header: EndpointHeaders.Header, by patch: RawJSON?) -> EndpointHeaders.Header {
        guard let old = headers.all.first(where: { $0.name == header.name }), old.isSecret else { return header }
        let isRenamed = patch?["secret"] != nil && header.value.exposed != old.value.exposed
        return isRenamed ? header : EndpointHeaders.Header(name: header.name, value: header.value, isSecret: true)
    }

    /// As clients write it, secrets included: what a patch is laid over.
    private var members: [(String, JSON)] {
        let rate = LimitFields.json(limits)["rate"] ?? .null
        return [
            ("eventTypes", .array(profile.eventTypes.map { .string($0) })), ("webhookUrl", .string(profile.url)),
            ("description", .string(profile.description)), ("filter", profile.filter.map { JSON.raw($0) } ?? .null),
            ("headers", .object(headers.all.map { ($0.name, ["value": .string($0.value.exposed), "secret": .bool($0.isSecret)]) })),
            ("metadata", .raw(profile.metadata)), ("rate", rate), ("burst", .optional(limits.burst)), ("concurrency", .optional(limits.concurrency)),
            ("timeoutSeconds", .optional(profile.timeoutMilliseconds.map { $0 / 1000 })),
            ("retrySchedule", profile.retrySchedule.map { JSON.array($0.map { JSON.int($0) }) } ?? .null),
            ("deliveryOrder", .string(profile.order.rawValue)), ("orderKey", .optional(profile.orderKey)),
            ("apiVersion", .optional(profile.apiVersion)),
        ]
    }

    /// Names of headers are the same in any case.
    private static func withPlainNames(_ patch: RawJSON) throws(Problem) -> RawJSON {
        guard let members = patch.members, patch["headers"]?.kind == .object else { return patch }
        let changed = members.map { member -> (String, JSON) in
            guard member.name == "headers", let headers = member.value.members else { return (member.name, JSON.raw(member.value.text)) }
            return (member.name, JSON.object(headers.map { ($0.name.lowercased(), JSON.raw($0.value.text)) }))
        }
        return try RawJSON.body(Array(JSON.object(changed).text.utf8))
    }
}

extension JSON {
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.0 == name }?.1
    }
}

extension Problem {
    static let orderKeyMissing = Problem(
        status: .conflict, code: "order_key_missing", detail: "A webhook whose deliveryOrder is key needs an orderKey.",
        faults: [.body("/orderKey", "is missing")])
}
