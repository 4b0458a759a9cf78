import Foundation
import Jobs
import Ledger
import NIOCore
import Primitives
import Queue
import Redis

/// Events that go through the whole path to a receiver that misbehaves a little, and whether every one is accounted for.
extension BenchSystem {
    struct WebhookPlan: Sendable {
        var events: Int
        /// Of a hundred.
        var failing: Int
        var slow: Int
        var delay: Int
        /// Events that may be accepted and not yet sent: more are published only as fast as deliveries are made, so that a wait is a wait and no backlog.
        var ahead: Int
        var callers = 128
        /// Every so many events one is watched from its answer to its first request.
        var watched = 50
    }

    func webhooks(_ plan: WebhookPlan) async throws -> WebhookReport {
        let receiver = try await BenchReceiver.start(
            ReceiverBehaviour(failing: plan.failing, slow: plan.slow, delay: .milliseconds(Int64(plan.delay))))
        try await addEndpoints(receiver.url)
        let books = try await Audit(pool: pool).books()
        var report = WebhookReport(plan: plan)
        let waits = Waits()
        kinds.onStart { job in
            guard job.attempt == 1 else { return }
            waits.countFirst()
            if let mark = job.trace { waits.reached(mark) }
        }
        let before = try await ended()
        report.seconds = try await withWorkers { () async throws -> Double in
            let begun = ContinuousClock.now
            try await withThrowingTaskGroup { group in
                group.addTask { try await publish(plan, waits: waits) }
                // The curve: what this process holds at each tenth.
                for tenth in 1...10 {
                    try await waitForEnded(before + plan.events * tenth / 10)
                    report.curve.append(try await WebhookReport.Memory(ended: plan.events * tenth / 10, ownMB: Self.residentMB, redisMB: Double(redisBytes()) / 1_048_576))
                }
                try await group.waitForAll()
            }
            return (ContinuousClock.now - begun).seconds
        }
        kinds.onStart { _ in }
        report.receiver = try await receiver.stop()
        report.waits = waits.sorted
        report.take(from: books, to: try await Audit(pool: pool).books())
        return report
    }

    private func publish(_ plan: WebhookPlan, waits: Waits) async throws {
        let data = "{\"text\":\"\(String(repeating: "x", count: 386))\"}"
        let tickets = Tickets(count: plan.events)
        try await withThrowingTaskGroup { group in
            for _ in 0..<plan.callers {
                group.addTask {
                    while let number = tickets.take()?.first {
                        while number - waits.firsts > plan.ahead { try await Task.sleep(for: .milliseconds(1)) }
                        let mark = number % plan.watched == 0 ? Waits.mark(number) : nil
                        _ = try await publisher.publish(
                            workspace: workspace, type: "bench.run\(number % 10)", key: nil, timestamp: nil, data: data, trace: mark, claim: nil)
                        if let mark { waits.accepted(mark) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static var residentMB: Double {
        let pages = ProcessorTime.numbers(in: "/proc/self/statm")
        return pages.count > 1 ? Double(pages[1]) * 4096 / 1_048_576 : 0
    }
}
