import Testing

@testable import Identity

@Suite struct LocalAttemptsTests {
    private let rate = AttemptRate(burst: 3, interval: .seconds(10))

    @Test func `so many at once, then one each interval`() {
        var attempts = LocalAttempts()
        let start = ContinuousClock.now
        for _ in 0..<3 { #expect(attempts.take("a", rate, now: start) == nil) }
        #expect(attempts.take("a", rate, now: start) == .seconds(10))
        #expect(attempts.take("b", rate, now: start) == nil)
        #expect(attempts.take("a", rate, now: start + .seconds(9)) == .seconds(1))
        #expect(attempts.take("a", rate, now: start + .seconds(10)) == nil)
        #expect(attempts.take("a", rate, now: start + .seconds(10)) == .seconds(10))
        #expect(attempts.take("a", rate, now: start + .seconds(1000)) == nil)
        attempts.forget("a")
        for _ in 0..<3 { #expect(attempts.take("a", rate, now: start + .seconds(1000)) == nil) }
    }

    @Test func `past its bound everybody new shares one bucket, and it is never open`() {
        var attempts = LocalAttempts()
        let start = ContinuousClock.now
        for number in 0..<LocalAttempts.most { _ = attempts.take("\(number)", rate, now: start) }
        let answers = (0..<100).map { attempts.take("new \($0)", rate, now: start) }
        #expect(answers.count { $0 == nil } == 3)
        #expect(attempts.count <= LocalAttempts.most + 1)
        #expect(attempts.take("later", rate, now: start + .seconds(60)) == nil)
        #expect(attempts.count < 10, "what is over is forgotten")
    }
}
