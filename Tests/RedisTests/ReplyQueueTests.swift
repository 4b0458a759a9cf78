internal import NIOCore
internal import Testing

@testable internal import Redis

@Suite struct ReplyQueueTests {
    private let start = NIODeadline.uptimeNanoseconds(0)

    @Test func `replies belong to the oldest ticket, and a pipeline takes as many as it has commands`() {
        var queue = ReplyQueue<String>()
        queue.append("one", replies: nil, deadline: start)
        queue.append("two", replies: 2, deadline: start)
        #expect(queue.receive(.integer(1)) == .complete("one", .integer(1)))
        #expect(queue.receive(.integer(2)) == .wait)
        #expect(queue.receive(.error("ERR")) == .complete("two", .array([.integer(2), .error("ERR")])))
        #expect(queue.receive(.null) == .unsolicited(.null))
    }

    @Test func `an expired ticket is told once and still takes its reply`() {
        var queue = ReplyQueue<String>()
        queue.append("slow", replies: nil, deadline: start + .milliseconds(100))
        queue.append("slower", replies: nil, deadline: start + .milliseconds(500))
        #expect(queue.sweep(now: start + .milliseconds(99)) == .alive(expired: []))
        #expect(queue.sweep(now: start + .milliseconds(100)) == .alive(expired: ["slow"]))
        #expect(queue.sweep(now: start + .milliseconds(300)) == .alive(expired: []))
        #expect(queue.receive(.null) == .complete("slow", .null))
        #expect(queue.receive(.null) == .complete("slower", .null))
    }

    @Test func `a later ticket with a shorter deadline does not wait for an earlier one`() {
        var queue = ReplyQueue<String>()
        queue.append("patient", replies: nil, deadline: start + .seconds(60))
        queue.append("hasty", replies: nil, deadline: start + .milliseconds(10))
        #expect(queue.sweep(now: start + .milliseconds(20)) == .alive(expired: ["hasty"]))
    }

    @Test func `a reply overdue by more than the patience is the end of the connection`() {
        var queue = ReplyQueue<String>()
        queue.append("lost", replies: nil, deadline: start + .milliseconds(100))
        #expect(queue.sweep(now: start + .milliseconds(1099)) == .alive(expired: ["lost"]))
        #expect(queue.sweep(now: start + .milliseconds(1100)) == .dead(expired: []))
        #expect(queue.removeAll() == ["lost"])
        #expect(queue.isEmpty)
    }

    @Test func `silence is answered by a ping, and a ping without answer is the end`() {
        var heartbeat = Heartbeat(interval: .seconds(1), answerWithin: .seconds(2), now: start)
        #expect(heartbeat.tick(now: start + .milliseconds(900)) == .none)
        #expect(heartbeat.tick(now: start + .seconds(1)) == .ping)
        #expect(heartbeat.tick(now: start + .milliseconds(1050)) == .none)
        heartbeat.heard(now: start + .milliseconds(1100))
        #expect(heartbeat.tick(now: start + .milliseconds(2100)) == .ping)
        #expect(heartbeat.tick(now: start + .milliseconds(4101)) == .dead)
    }

    @Test func `the first reconnection is at once, later ones wait longer within their range`() {
        var backoff = ReconnectBackoff(.milliseconds(50)...(.seconds(2)))
        var generator = SystemRandomNumberGenerator()
        #expect(backoff.next(using: &generator) == .zero)
        for attempt in 0..<100 {
            let ceiling = min(Duration.seconds(2), .milliseconds(50) * (1 << min(attempt, 10)))
            #expect((.milliseconds(50)...ceiling).contains(backoff.next(using: &generator)))
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) == .zero)
    }
}
