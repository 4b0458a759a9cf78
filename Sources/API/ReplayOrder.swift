import HTTPDelivery
import HTTPTypes
import Ledger
import Primitives

/// Which past deliveries of an endpoint are to be made anew, and how: `{since?, until?, eventTypes?, status?, url?, rate?, dryRun?}`. A misspelled member is
/// refused, since without it the order would be for more than was meant.
struct ReplayOrder {
    let order: ReplayTable.Order
    let isDryRun: Bool

    static let mostEventTypes = 50

    /// What a delivery came to.
    enum Status: String, CaseIterable {
        case succeeded, dead, cancelled
    }

    init(_ json: RawJSON, of choice: ReplaySelection.Choice, endpoint: EndpointID, policy: AddressPolicy) throws(Problem) {
        var fields = Fields(json)
        fields.allow(only: Set(["since", "until", "eventTypes", "url", "rate", "dryRun"] + (choice == .all ? ["status"] : [])))
        if choice != .all, !fields.contains("since") { fields.refuse("since", "is missing") }
        let (since, until) = (fields.time("since"), fields.time("until"))
        if let since, let until, until <= since { throw .emptyRange(at: fields.pointer(to: "until")) }
        let types = fields.texts("eventTypes", most: Self.mostEventTypes, longest: EventName.longest)
        if let types, !types.allSatisfy(EventName.isValid) { fields.refuse("eventTypes", EventName.rule) }
        let status = choice == .all ? fields.choice("status", of: Status.self) : nil
        var url: String?
        if let text = fields.text("url", longest: 4096) {
            do { url = try DeliveryTarget(text, policy: policy).text } catch { fields.refuse("url", error.detail) }
        }
        let rate = fields.integer("rate", in: ReplayTable.rates).map { Int32($0) }
        isDryRun = fields.boolean("dryRun") ?? false
        try fields.finish()
        order = ReplayTable.Order(
            ReplaySelection(
                endpoint: endpoint, choice: choice, since: since, until: until, eventTypes: types,
                state: status.flatMap { JobState(rawValue: $0.rawValue) }),
            url: url, rate: rate)
    }
}

extension Problem {
    static let tooMuchToCount = Problem(
        status: .conflict, code: "too_much_to_count",
        detail: "More than 100,000 events would be looked into to count those that pass the webhook's filter: narrow since, until or eventTypes.")
    static func emptyRange(at pointer: String) -> Problem {
        Problem(
            status: .conflict, code: "empty_range", detail: "Nothing lies in that range: until must be after since.",
            faults: [.body(pointer, "must be after since")])
    }
}
