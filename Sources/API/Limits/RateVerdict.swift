import HTTPTypes

/// Whether a request may go on, and what its answer says of the limits.
struct RateVerdict: Sendable, Equatable {
    let routes: RouteClass
    let limit: RateLimit
    var isAllowed: Bool
    /// What remains; nil when nobody knew, which lets everything through.
    var policies: [RateReading.Policy]?
    /// Until another try makes sense, microseconds.
    var wait: Int64 = 0

    /// Whole seconds, at least one for who is refused.
    var retryAfter: Int64 { max(1, Self.seconds(wait)) }

    /// The `RateLimit` header, a structured field (RFC 9651): what remains, and the seconds until there is more.
    var header: String? {
        guard let policies else { return nil }
        var text = ""
        for (policy, state) in zip(limit.policies, policies) {
            if !text.isEmpty { text += ", " }
            text += "\"\(routes.rawValue)-\(policy.name)\";r=\(state.remaining);t=\(Self.seconds(state.more))"
        }
        return text
    }

    /// The `RateLimit-Policy` header: quota and window.
    static func policyHeader(_ routes: RouteClass, _ limit: RateLimit) -> String {
        limit.policies.map { "\"\(routes.rawValue)-\($0.name)\";q=\($0.quota);w=\($0.window)" }.joined(separator: ", ")
    }

    /// The policies that refuse.
    var violated: [String] {
        zip(limit.policies, policies ?? []).filter { $0.1.remaining == 0 }.map { "\(routes.rawValue)-\($0.0.name)" }
    }

    var problem: Problem {
        var problem = Problem.rateLimited(seconds: Int(retryAfter))
        problem.additional = [("violated-policies", .array(violated.map { .string($0) }))]
        return problem
    }

    static func seconds(_ microseconds: Int64) -> Int64 { (microseconds + 999_999) / 1_000_000 }
}
