import Foundation
import Ledger

/// What became of a run's events, by the ledger and by the receiver, who do not know of each other.
struct WebhookReport: Sendable {
    struct Memory: Encodable, Sendable {
        var ended: Int
        var ownMB: Double
        var redisMB: Double
    }

    private struct Document: Encodable {
        var measurement = "webhooks"
        var machine: BenchReport.Machine
        var build: String
        var events: Int
        var accepted: Int64
        var delivered: Int64
        var dead: Int64
        var attempts: Int64
        var receiver: ReceiverTally?
        var seconds: Double
        var deliveriesPerSecond: Double
        var acceptedToSentMicroseconds: [String: Int64]
        var memory: [Memory]
        var differences: [String]
        var isExact: Bool
    }

    let plan: BenchSystem.WebhookPlan
    var seconds = 0.0
    var curve: [Memory] = []
    /// Microseconds, in order.
    var waits: [Int64] = []
    var receiver: ReceiverTally?
    private var accepted: Int64 = 0
    private var delivered: Int64 = 0
    private var dead: Int64 = 0
    private var attempts: Int64 = 0
    private var differences: [String] = []

    init(plan: BenchSystem.WebhookPlan) { self.plan = plan }

    mutating func take(from before: Audit.Books, to after: Audit.Books) {
        accepted = after.accepted - before.accepted
        delivered = after.succeeded - before.succeeded
        dead = after.dead - before.dead
        attempts = after.attempts - before.attempts
        differences = after.differences
        if accepted != Int64(plan.events) { differences.append("\(plan.events) events were published, \(accepted) deliveries accepted") }
        if accepted != delivered + dead { differences.append("accepted \(accepted) is not delivered \(delivered) and dead \(dead)") }
        guard let receiver else { return }
        if delivered != Int64(receiver.delivered) { differences.append("\(delivered) are delivered, the receiver has taken \(receiver.delivered)") }
        if dead != Int64(receiver.refused) { differences.append("\(dead) are dead, the receiver has refused \(receiver.refused)") }
        if attempts != Int64(receiver.total) { differences.append("\(attempts) attempts, the receiver has seen \(receiver.total)") }
    }

    var isExact: Bool { differences.isEmpty }

    private var quantiles: [String: Int64] {
        guard let last = waits.last else { return [:] }
        return ["p50": waits[waits.count / 2], "p99": waits[waits.count * 99 / 100], "max": last, "count": Int64(waits.count)]
    }

    private var rate: Double { (Double(plan.events) / max(seconds, 0.001)).rounded() }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let document = Document(
                machine: .current, build: BenchReport.build, events: plan.events, accepted: accepted, delivered: delivered, dead: dead, attempts: attempts,
                receiver: receiver, seconds: (seconds * 10).rounded() / 10, deliveriesPerSecond: rate, acceptedToSentMicroseconds: quantiles,
                memory: curve, differences: differences, isExact: isExact)
            return String(decoding: try encoder.encode(document), as: UTF8.self)
        }
    }

    var text: String {
        let waits = quantiles
        return """
            \(plan.events) events to ten endpoints, \(plan.failing) % failing, \(plan.slow) % after \(plan.delay) ms; build \(BenchReport.build)
            accepted \(accepted) = delivered \(delivered) + dead \(dead), \(attempts) attempts
            the receiver: \(receiver?.delivered ?? 0) taken, \(receiver?.refused ?? 0) refused, \(receiver?.total ?? 0) requests
            \(Int(rate)) deliveries/s, \(Int(seconds)) s
            accepted to sent: p50 \(waits["p50"] ?? 0) us, p99 \(waits["p99"] ?? 0) us, max \(waits["max"] ?? 0) us of \(waits["count"] ?? 0) that were watched
            resident MB at each tenth: \(curve.map { String(format: "%.0f", $0.ownMB) }.joined(separator: " "))
            Redis MB at each tenth: \(curve.map { String(format: "%.1f", $0.redisMB) }.joined(separator: " "))
            \(isExact ? "the books balance" : differences.joined(separator: "\n"))
            """
    }
}
