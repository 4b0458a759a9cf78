package import Ledger
import Primitives

/// What the leader makes of an endpoint's health. Pure.
package struct HealthReview: Sendable, Equatable {
    package enum Finding: Sendable, Equatable {
        case opened(Duration)
        case closed
        /// Percent of the time after which it will be disabled.
        case warning(Int16)
        case failing
        case recovered
        case certificate(expiresAt: Int64)
    }

    /// As it is afterwards.
    package var health: EndpointHealth
    package var findings: [Finding] = []
    /// When it is looked at again, failures or not; microseconds since 1970.
    package var next: Int64?

    package static func of(_ health: EndpointHealth, _ policy: HealthPolicy) -> HealthReview {
        var review = HealthReview(health: health)
        review.recover()
        // What comes in late of one that is disabled or paused is no reason to do more about it.
        if health.status == "active" {
            if !review.disable(policy) {
                switch Circuit.observe(&review.health, policy.circuit) {
                case .opens(let rest): review.findings.append(.opened(rest))
                case .closes: review.findings.append(.closed)
                case .stays: break
                }
            }
            review.lookAtCertificate(policy)
            if review.health.circuit == .open { review.wake(at: review.health.circuitUntil) }
        }
        return review
    }

    private mutating func recover() {
        guard health.failingSince == nil, let success = health.lastSuccessAt, health.warned > 0 || health.exhaustedAt.map({ success > $0 }) == true else {
            return
        }
        (health.warned, health.exhaustedAt) = (0, nil)
        findings.append(.recovered)
    }

    /// A stretch is as long as what was seen of it, from its first failure to its latest: an endpoint that is sent nothing is not failing. Of several
    /// warnings that have become due at once the highest is given.
    private mutating func disable(_ policy: HealthPolicy) -> Bool {
        guard let since = health.failingSince, let last = health.lastFailureAt, health.failuresSinceSuccess >= policy.disableAttempts else { return false }
        let (stretch, limit) = (last - since, max(1, policy.disableAfter.microseconds))
        guard stretch < limit else {
            findings.append(.failing)
            return true
        }
        if let percent = policy.warnings.last(where: { stretch >= limit / 100 * Int64($0) }), percent > health.warned {
            health.warned = percent
            findings.append(.warning(percent))
        }
        return false
    }

    private mutating func lookAtCertificate(_ policy: HealthPolicy) {
        guard let expiry = health.certificateExpiresAt, expiry != health.certificateTold else { return }
        let notice = expiry - policy.certificateNotice.microseconds
        guard health.now >= notice else { return wake(at: notice) }
        health.certificateTold = expiry
        findings.append(.certificate(expiresAt: expiry))
    }

    private mutating func wake(at time: Int64?) {
        if let time { next = min(next ?? time, time) }
    }
}
