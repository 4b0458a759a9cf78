import EventFilter
import Primitives

/// Several event types to one URL, each with a filter of its own: `{"eventTypes": […], "filters": {"course.completed": {…}}}`. It becomes one
/// endpoint with one filter, so that a receiver gets an event once.
struct WebhookSubscription {
    let types: [String]
    /// JSON text; nil where no type has a filter.
    let filter: String?

    init(_ fields: inout Fields) {
        let listed = fields.texts("eventTypes", most: WebhookDraft.mostEventTypes, longest: EventName.longest)
        var types = WebhookDraft.types(listed ?? [], "eventTypes", &fields)
        var filters: [(type: String, text: String)] = []
        if let json = fields.object("filters") {
            var inner = Fields(json, at: fields.pointer(to: "filters"))
            for type in inner.names {
                guard let value = inner.value(type) else { continue }
                if !EventName.isValid(type) { inner.refuse(type, EventName.rule) }
                do {
                    _ = try EventFilter(value)
                    filters.append((type, value.text))
                } catch {
                    let place = inner.pointer(to: type)
                    inner.add(error.faults.map { .body(place + $0.pointer, $0.reason) })
                }
                if !types.contains(type), !types.contains(WebhookDraft.all) { types.append(type) }
            }
            fields.add(inner.faults)
        }
        if types.isEmpty, fields.faults.isEmpty { fields.refuse("eventTypes", "is missing") }
        if types.count > WebhookDraft.mostEventTypes { fields.refuse("filters", "name too many types: a webhook has \(WebhookDraft.mostEventTypes) at most") }
        filter = filters.isEmpty || !fields.faults.isEmpty ? nil : Self.combined(filters)
        self.types = types
        if let filter, (try? EventFilter(RawJSON(Array(filter.utf8)))) == nil { fields.refuse("filters", "are more than one webhook may have together") }
    }

    /// An event of a type with a filter must fit that one; the others' come as they are.
    private static func combined(_ filters: [(type: String, text: String)]) -> String {
        let several = filters.map { JSON.object([("type", .string($0.type)), ("$and", .array([.raw($0.text)]))]) }
        let others = JSON.object([("type", ["$nin": .array(filters.map { .string($0.type) })])])
        return JSON.object([("$or", .array(several + [others]))]).text
    }
}
