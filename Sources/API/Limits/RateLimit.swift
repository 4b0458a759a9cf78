import Ledger

/// How many requests may come: so many a minute on average, and so many at once and within ten seconds.
package struct RateLimit: Sendable, Hashable {
    package let perMinute: Int32
    package let burst: Int32

    static let most: Int32 = 1_000_000

    package init(perMinute: Int32, burst: Int32? = nil) {
        self.perMinute = max(1, min(perMinute, Self.most))
        // In ten seconds twice what the minute allows on average: room for who works in bursts.
        self.burst = max(1, min(burst ?? self.perMinute / 3, Self.most))
    }

    init(_ limit: WorkspaceLimit) { self.init(perMinute: limit.perMinute, burst: limit.burst) }

    /// A policy of GCRA, and its name for clients.
    struct Policy: Sendable, Hashable {
        /// `burst` or `minute`.
        var name: String
        /// How many may come at once.
        var quota: Int64
        /// In which as many come back, seconds.
        var window: Int64

        /// Between two requests, microseconds. Rounded up: a limit is not to be exceeded by what a division leaves.
        var interval: Int64 { (window * 1_000_000 + quota - 1) / quota }
    }

    var policies: [Policy] {
        [Policy(name: "burst", quota: Int64(burst), window: 10), Policy(name: "minute", quota: Int64(perMinute), window: 60)]
    }
}

/// The limits of each class: what holds where a workspace has set nothing of its own.
package struct RateLimits: Sendable, Equatable {
    private var limits: [RouteClass: RateLimit]

    package static let usual = RateLimits(limits: [
        .read: RateLimit(perMinute: 6000), .write: RateLimit(perMinute: 6000), .enqueue: RateLimit(perMinute: 600_000),
        .authenticate: RateLimit(perMinute: 600),
    ])

    subscript(_ routes: RouteClass) -> RateLimit { limits[routes] ?? RateLimit(perMinute: 6000) }

    func with(_ own: [String: WorkspaceLimit]) -> RateLimits {
        var copy = self
        for (name, limit) in own {
            if let routes = RouteClass(rawValue: name) { copy.limits[routes] = RateLimit(limit) }
        }
        return copy
    }
}

extension RateLimits {
    /// What is wrong with a setting, for who wrote it.
    package struct Malformed: Error, CustomStringConvertible {
        package let part: String
        package var description: String {
            "'\(part)' is not class=requests a minute, as in read=6000, with one of \(RouteClass.allCases.map(\.rawValue).joined(separator: ", "))"
        }
    }

    /// `read=6000,write=6000/1000`: requests a minute and, behind the stroke, within ten seconds. Nil for `off`: no limits at all.
    package static func parse(_ text: String) throws(Malformed) -> RateLimits? {
        if text == "off" { return nil }
        var limits = usual
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let routes = RouteClass(rawValue: String(sides[0])) else { throw Malformed(part: String(part)) }
            let numbers = sides[1].split(separator: "/", omittingEmptySubsequences: false).map { Int32($0) }
            guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...RateLimit.most).contains($0 ?? 0) }), let perMinute = numbers[0] else {
                throw Malformed(part: String(part))
            }
            limits.limits[routes] = RateLimit(perMinute: perMinute, burst: numbers.count == 2 ? numbers[1] : nil)
        }
        return limits
    }
}
