import Foundation
import Primitives

/// One request of the load, whole before it is sent: when its answer is lost it is sent again, and the idempotency key makes that one request.
struct Order: Sendable {
    enum Kind: String, Sendable, CaseIterable { case event, broadcast, job, batch, delayed, unique }

    let kind: Kind
    let path: String
    let body: String
    let key: String

    /// - Parameter number: of the request in the run.
    init(number: Int, seed: UInt64, endpoints: Int, _ random: inout SplitMix64) {
        kind = Self.draw(&random)
        key = "chaos-\(seed)-\(number)"
        switch kind {
        case .event, .broadcast:
            let type = kind == .broadcast ? Self.toAll : Self.type(Int.random(in: 0..<endpoints, using: &random))
            path = "/api/events"
            body = #"{"event":"\#(type)","eventId":"\#(key)","data":{"number":\#(number)}}"#
        case .batch:
            path = "/api/jobs/batch"
            let job = Self.job(#","lane":"batch-\#(number % 4)""#)
            body = "[" + Array(repeating: job, count: Int.random(in: 2...40, using: &random)).joined(separator: ",") + "]"
        case .job:
            path = "/api/jobs"
            body = Self.job(#","priority":\#(Int.random(in: -2...2, using: &random))"#)
        case .delayed:
            path = "/api/jobs"
            let at = Date.now.addingTimeInterval(Double.random(in: 0.5...8, using: &random))
            body = Self.job(#","runAt":"\#(at.formatted(.iso8601))""#)
        case .unique:
            path = "/api/jobs"
            body = Self.job(#","uniqueKey":"unique-\#(Int.random(in: 0..<8, using: &random))""#)
        }
    }

    static let toAll = "chaos.all"
    static func type(_ endpoint: Int) -> String { "chaos.one\(endpoint)" }

    private static func job(_ more: String) -> String { #"{"kind":"noop","payload":{}\#(more)}"# }

    private static func draw(_ random: inout SplitMix64) -> Kind {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<55: .event
        case ..<60: .broadcast
        case ..<78: .job
        case ..<84: .batch
        case ..<92: .delayed
        default: .unique
        }
    }
}
