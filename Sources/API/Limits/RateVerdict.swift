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
            Self.append(policy, of: routes, ("r", state.remaining), ("t", Self.seconds(state.more)), to: &text)
        }
        return text
    }

    /// The `RateLimit-Policy` header: quota and window.
    var policyHeader: String {
        var text = ""
        for policy in limit.policies { Self.append(policy, of: routes, ("q", policy.quota), ("w", policy.window), to: &text) }
        return text
    }

    /// Every answer has two such headers: written without a string for each part.
    private static func append(
        _ policy: RateLimit.Policy, of routes: RouteClass, _ first: (String, some BinaryInteger), _ second: (String, some BinaryInteger),
        to text: inout String
    ) {
        text += text.isEmpty ? "\"" : ", \""
        text += routes.rawValue
        text += "-"
        text += policy.name
        text += "\";"
        text += first.0
        text += "="
        text += String(first.1)
        text += ";"
        text += second.0
        text += "="
        text += String(second.1)
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
