import Ledger
import Primitives
import Testing

@testable import Jobs

/// When an endpoint is warned of and disabled.
@Suite struct HealthReviewLaws {
    private static let hour: Int64 = 3_600_000_000

    /// Failing for so many hours, in so many attempts.
    private func failing(_ hours: Int64, _ failures: Int32 = 50, warned: Int16 = 0) -> EndpointHealth {
        let now: Int64 = 1_000_000 * Self.hour
        var health = EndpointHealth(endpoint: IdentifierSource.system.next(), workspace: IdentifierSource.system.next(), now: now)
        (health.failingSince, health.lastFailureAt) = (now - hours * Self.hour, now)
        (health.failuresSinceSuccess, health.warned) = (failures, warned)
        return health
    }

    private func findings(_ health: EndpointHealth) -> [HealthReview.Finding] { HealthReview.of(health, HealthPolicy()).findings }

    @Test(arguments: [
        (59, 0, []), (60, 0, [.warning(50)]), (60, 50, []), (84, 50, [.warning(70)]), (84, 70, []), (108, 70, [.warning(90)]), (119, 90, []),
        (108, 0, [.warning(90)]), (120, 90, [.failing]), (120, 0, [.failing]),
    ] as [(Int64, Int16, [HealthReview.Finding])])
    func `warnings come at 50, 70 and 90 percent of five days, once each, and then it is disabled`(
        _ hours: Int64, _ warned: Int16, _ expected: [HealthReview.Finding]
    ) {
        let review = HealthReview.of(failing(hours, warned: warned), HealthPolicy())
        #expect(review.findings == expected)
        #expect(HealthReview.of(review.health, HealthPolicy()).findings == (expected == [.failing] ? expected : []), "what was said is not said again")
    }

    @Test func `a few failures far apart do not disable, however far`() {
        #expect(findings(failing(10_000, 9)) == [])
        #expect(findings(failing(10_000, 10)) == [.failing])
    }

    @Test func `silence after a failure is no failure`() {
        var health = failing(200)
        health.lastFailureAt = (health.failingSince ?? 0) + 10 * Self.hour
        #expect(findings(health) == [])
    }

    @Test func `a success after warnings or a delivery given up is a recovery, once`() {
        for (warned, exhausted) in [(50, nil), (0, -5), (90, -5)] as [(Int16, Int64?)] {
            var health = failing(1, warned: warned)
            (health.failingSince, health.failuresSinceSuccess, health.lastSuccessAt) = (nil, 0, health.now)
            health.exhaustedAt = exhausted.map { health.now + $0 * Self.hour }
            let review = HealthReview.of(health, HealthPolicy())
            #expect(review.findings == [.recovered] && review.health.warned == 0 && review.health.exhaustedAt == nil)
            #expect(findings(review.health) == [])
        }
        var older = failing(1)
        (older.failingSince, older.lastSuccessAt, older.exhaustedAt) = (nil, older.now - 2 * Self.hour, older.now - Self.hour)
        #expect(findings(older) == [], "the success was before")
    }

    @Test func `one that is paused or disabled is not judged`() {
        for status in ["paused", "disabled"] {
            var health = failing(500)
            health.status = status
            health.failures = 1000
            #expect(findings(health) == [])
        }
    }

    @Test func `a certificate is told of within two weeks of its end, once, and is looked at then`() {
        var health = failing(0, 0)
        (health.failingSince, health.certificateExpiresAt) = (nil, health.now + 15 * 24 * Self.hour)
        let early = HealthReview.of(health, HealthPolicy())
        #expect(early.findings == [] && early.next == health.now + 24 * Self.hour)
        health.now += 25 * Self.hour
        let review = HealthReview.of(health, HealthPolicy())
        #expect(review.findings == [.certificate(expiresAt: health.certificateExpiresAt ?? 0)])
        #expect(findings(review.health) == [])
        var renewed = review.health
        renewed.certificateExpiresAt = health.now + 24 * Self.hour
        #expect(findings(renewed) == [.certificate(expiresAt: health.now + 24 * Self.hour)], "another certificate")
    }
}
