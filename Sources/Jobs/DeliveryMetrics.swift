import CoreMetrics
import HTTPDelivery
import Primitives

/// Requests to receivers: by what came back, and where their time went. Labels are classes of statuses and codes of ours, never a receiver's name.
package final class DeliveryMetrics: Sendable {
    private let statuses: [Counter]
    private let errors: [DeliveryError.Code: Counter]
    private let lookup = DeliveryMetrics.phase("lookup")
    private let connect = DeliveryMetrics.phase("connect")
    private let tls = DeliveryMetrics.phase("tls")
    private let wait = DeliveryMetrics.phase("wait")
    private let receive = DeliveryMetrics.phase("receive")

    init() {
        statuses = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"].map(Self.requests)
        errors = Dictionary(uniqueKeysWithValues: DeliveryError.Code.allCases.map { ($0, Self.requests($0.rawValue)) })
    }

    private static func requests(_ outcome: String) -> Counter {
        Counter(label: "voicera_delivery_requests_total", dimensions: [("outcome", outcome)])
    }

    private static func phase(_ name: String) -> CoreMetrics.Timer {
        CoreMetrics.Timer(label: "voicera_delivery_phase_seconds", dimensions: [("phase", name)])
    }

    func answered(_ response: DeliveryResponse) {
        statuses[(100..<600).contains(response.status) ? response.status / 100 - 1 : 5].increment()
        let timings = response.timings
        // Each is the end of its phase, measured from the start; zero for one that did not happen, as on a connection that is kept.
        var last = Duration.zero
        for (timer, end) in [(lookup, timings.nameLookup), (connect, timings.connect), (tls, timings.tls), (wait, timings.firstByte), (receive, timings.total)]
        where end > .zero {
            timer.recordNanoseconds(max(.zero, end - last).nanoseconds)
            last = max(last, end)
        }
    }

    func failed(_ error: DeliveryError) { errors[error.code]?.increment() }
}
