internal import EventFilter
package import Primitives
import Synchronization

/// An endpoint that an event goes to, with what its delivery depends on.
package struct EventReceiver: Sendable {
    package var endpoint: EndpointID
    /// JSON text; nil for none.
    var filter: String?
    /// JSON pointer into the data; nil unless the endpoint's order is by it.
    var orderKey: String?
    /// Attempts after the first by the endpoint's own schedule; nil for the kind's.
    package var retries: Int32?
    /// Of the event's value at the order key: deliveries that have the same are made one after another.
    package var laneKey: String?

    package init(endpoint: EndpointID, filter: String? = nil, orderKey: String? = nil, retries: Int32? = nil) {
        self.endpoint = endpoint
        self.filter = filter
        self.orderKey = orderKey
        self.retries = retries
    }
}

/// Asks filters and order keys of events. Where no endpoint has any, no event is looked into.
enum EventReceivers {
    static func narrowed(_ receivers: [[EventReceiver]], for events: [NewEvent]) -> [[EventReceiver]] {
        zip(receivers, events).map { receivers, event in
            guard receivers.contains(where: { $0.filter != nil || $0.orderKey != nil }) else { return receivers }
            let subject = FilterSubject(type: event.type, body: event.body, metadata: event.metadata)
            return receivers.compactMap { receiver in
                if event.only == nil, let filter = receiver.filter, let compiled = CompiledFilters.filter(filter), !compiled.matches(subject) { return nil }
                var receiver = receiver
                receiver.laneKey = receiver.orderKey.flatMap { laneKey(of: subject, at: $0) }
                return receiver
            }
        }
    }

    /// The lane key of an event for an endpoint that is ordered by what is at the JSON pointer in its data; nil when nothing is there.
    static func laneKey(of subject: FilterSubject, at orderKey: String) -> String? {
        FieldPath(intoData: orderKey).flatMap { subject.scalarText(at: $0) }.map(laneKey)
    }

    /// A hash: the value may be somebody's address, which no name in the index is to show. Two values with one hash wait for each other, no more.
    private static func laneKey(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "key-" + String(hash, radix: 16)
    }
}

extension FilterSubject {
    convenience init(type: String, body: String, metadata: String?) {
        self.init(
            type: type, data: (try? RawJSON(Array(body.utf8)))?["data"], metadata: metadata.flatMap { try? RawJSON(Array($0.utf8)) })
    }
}

extension ReplayWork.Item {
    /// Whether an endpoint with this filter would have got the event.
    package func passes(_ filter: String) -> Bool {
        guard let compiled = CompiledFilters.filter(filter) else { return true }
        return compiled.matches(FilterSubject(type: type, body: body, metadata: metadata))
    }
}

/// Filters as they were compiled, by their text.
private enum CompiledFilters {
    private static let known = Mutex<[String: EventFilter]>([:])
    /// Emptied when full: those in use are compiled anew.
    private static let most = 10_000

    /// Nil for what does not compile, which the API never stores: an event too many is better than one that is lost.
    static func filter(_ text: String) -> EventFilter? {
        if let filter = known.withLock({ $0[text] }) { return filter }
        guard let json = try? RawJSON(Array(text.utf8)), let filter = try? EventFilter(json) else { return nil }
        known.withLock { known in
            if known.count >= most { known.removeAll() }
            known[text] = filter
        }
        return filter
    }
}
