import Ledger
import Primitives

/// A lane's limits in JSON: `{"rate": {"jobs": 60, "seconds": 60}, "burst": 5, "concurrency": 4, "strict": true}`.
enum LimitFields {
    private static let most: ClosedRange<Int64> = 0...1_000_000

    /// - Parameter faults: the fields of the body, which learn what is wrong.
    /// - Parameter others: members that somebody else reads.
    static func read(_ json: RawJSON, at pointer: String, also others: Set<String> = [], faults body: inout Fields) -> LaneLimits {
        var fields = Fields(json, at: pointer)
        fields.allow(only: others.union(["rate", "burst", "concurrency", "strict"]))
        var limits = LaneLimits()
        if let rate = fields.object("rate") {
            var parts = Fields(rate, at: fields.pointer(to: "rate"))
            parts.allow(only: ["jobs", "seconds"])
            let jobs = parts.integer("jobs", in: most)
            let seconds = parts.integer("seconds", in: 1...86_400) ?? 1
            if jobs == nil, parts.faults.isEmpty { parts.refuse("jobs", "is missing") }
            body.add(parts.faults)
            // No jobs at all would be a pause; it stands for no rate.
            if let jobs { limits.interval = jobs == 0 ? 0 : max(1, seconds * 1_000_000 / jobs) }
        }
        limits.burst = fields.integer("burst", in: 1...1_000_000).map(Int32.init)
        limits.concurrency = fields.integer("concurrency", in: most).map(Int32.init)
        limits.isStrict = fields.boolean("strict")
        body.add(fields.faults)
        return limits
    }

    static func json(_ limits: LaneDefaults) -> JSON {
        [
            "rate": rate(limits.interval), "burst": .int(limits.burst), "concurrency": .int(limits.concurrency), "strict": .bool(limits.isStrict),
        ]
    }

    /// What the lane has of its own.
    static func json(_ limits: LaneLimits) -> JSON {
        [
            "rate": limits.interval.map(rate) ?? .null, "burst": .optional(limits.burst), "concurrency": .optional(limits.concurrency),
            "strict": limits.isStrict.map { .bool($0) } ?? .null,
        ]
    }

    /// As jobs a second where that is a whole number, else jobs an hour: an interval knows no other unit.
    private static func rate(_ interval: Int64) -> JSON {
        guard interval > 0 else { return .null }
        let second: Int64 = 1_000_000
        let seconds = ([1, 60, 3600] as [Int64]).first { $0 * second % interval == 0 } ?? 3600
        let jobs = max(1, seconds * second / interval)
        return .object([("jobs", JSON.int(jobs)), ("seconds", JSON.int(seconds))])
    }

    /// What remains of a pause: null for none and for one without an end.
    static func seconds(_ microseconds: Int64) -> JSON {
        guard microseconds > 0 else { return .null }
        let seconds: Int64 = (microseconds + 999_999) / 1_000_000
        return .int(seconds)
    }
}

/// `{"reason": "…", "seconds": 60}`, without seconds for until further notice.
struct PauseOrder {
    let reason: String
    let microseconds: Int64?

    private static let longestReason = 500
    private static let longest: Int64 = 366 * 86_400

    /// - Parameter others: members that somebody else reads.
    init(_ json: RawJSON, also others: Set<String>) throws(Problem) {
        var fields = Fields(json)
        fields.allow(only: others.union(["reason", "seconds"]))
        reason = fields.text("reason", required: true, longest: Self.longestReason) ?? ""
        microseconds = fields.integer("seconds", in: 1...Self.longest).map { $0 * 1_000_000 }
        try fields.finish()
    }
}
