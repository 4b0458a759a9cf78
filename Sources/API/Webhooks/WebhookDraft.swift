import EventFilter
import HTTPDelivery
import Jobs
import Ledger
import Primitives

/// A webhook as its owner describes it.
struct WebhookDraft: Sendable, Equatable {
    /// Without its headers.
    var profile: EndpointProfile
    var headers: EndpointHeaders
    /// Of the endpoint's lane.
    var limits: LaneLimits

    /// Members that a change may have. Making one takes more.
    static let members: Set<String> = [
        "eventTypes", "webhookUrl", "description", "filter", "headers", "metadata", "rate", "burst", "concurrency", "timeoutSeconds", "retrySchedule",
        "deliveryOrder", "orderKey", "apiVersion",
    ]
    static let mostEventTypes = 50
    static let longestDescription = 500
    static let timeouts: ClosedRange<Int64> = 1...30
    /// Seconds between two attempts: to a week.
    static let waits: ClosedRange<Int64> = 1...604_800
    static let mostRetries = 20
    static let longestOrderKey = 256
    /// Versions of the bodies that we send.
    static let apiVersions = ["2024-01-15"]
    static let all = "*"

    /// As it is stored.
    init(profile: EndpointProfile, headers: EndpointHeaders, limits: LaneLimits) {
        self.profile = profile
        self.profile.headers = nil
        self.headers = headers
        self.limits = limits
    }

    /// - Parameters:
    ///   - fields: learn what is wrong. They know already which members may be there.
    ///   - types: read by the caller, who knows by which names they come.
    init(_ json: RawJSON, types: [String], policy: AddressPolicy, fields: inout Fields) {
        profile = EndpointProfile(url: Self.url(&fields, policy), eventTypes: types)
        profile.description = fields.text("description", longest: Self.longestDescription, mayBeEmpty: true) ?? ""
        profile.filter = Self.filter(&fields)
        profile.metadata = fields.metadata()
        profile.timeoutMilliseconds = fields.integer("timeoutSeconds", in: Self.timeouts).map { Int32($0 * 1000) }
        profile.retrySchedule = Self.schedule(&fields)
        profile.order = fields.choice("deliveryOrder", of: DeliveryOrder.self) ?? DeliveryOrder.none
        profile.orderKey = fields.text("orderKey", longest: Self.longestOrderKey)
        if let key = profile.orderKey, FieldPath(intoData: key) == nil { fields.refuse("orderKey", "must be a JSON pointer into data, such as /course/id") }
        profile.apiVersion = fields.text("apiVersion", longest: 10)
        if let version = profile.apiVersion, !Self.apiVersions.contains(version) {
            fields.refuse("apiVersion", "must be one of \(Self.apiVersions.joined(separator: ", "))")
        }
        headers = WebhookHeaderFields.read(&fields)
        limits = LimitFields.read(json, at: "", also: Set(fields.names), faults: &fields)
        limits.isStrict = profile.order == .fifo ? true : nil
    }

    private static func url(_ fields: inout Fields, _ policy: AddressPolicy) -> String {
        guard let text = fields.text("webhookUrl", required: true, longest: 4096) else { return "" }
        do {
            return try DeliveryTarget(text, policy: policy).text
        } catch {
            fields.refuse("webhookUrl", error.detail)
            return ""
        }
    }

    private static func filter(_ fields: inout Fields) -> String? {
        guard let json = fields.value("filter") else { return nil }
        do {
            _ = try EventFilter(json)
            return json.text
        } catch {
            fields.add(error.faults.map { .body(fields.pointer(to: "filter") + $0.pointer, $0.reason) })
            return nil
        }
    }

    private static func schedule(_ fields: inout Fields) -> [Int32]? {
        guard let json = fields.value("retrySchedule") else { return nil }
        guard let elements = json.elements, elements.count <= mostRetries else {
            return fields.refused("retrySchedule", "must be an array of at most \(mostRetries) numbers")
        }
        var waits: [Int32] = []
        for (index, element) in elements.enumerated() {
            guard let seconds = element.wholeNumber, Self.waits.contains(seconds) else {
                fields.refuse(element: index, of: "retrySchedule", "must be a number of seconds from \(Self.waits.lowerBound) to \(Self.waits.upperBound)")
                continue
            }
            waits.append(Int32(seconds))
        }
        return waits
    }

    /// Each type once; `*` for all.
    static func types(_ texts: [String], _ name: String, _ fields: inout Fields) -> [String] {
        if !texts.allSatisfy({ $0 == all || EventName.isValid($0) }) { fields.refuse(name, EventName.rule + ", or * for all") }
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
