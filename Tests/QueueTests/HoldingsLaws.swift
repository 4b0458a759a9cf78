import Ledger
import Primitives
import Testing

@testable import Queue

/// A runner's bookkeeping, pure.
@Suite struct HoldingsLaws {
    private let id = JobID(IdentifierSource.system.next())

    private var job: RunnableJob {
        RunnableJob(
            id: id, workspace: WorkspaceID(id.value), kind: "noop", lane: "lane", priority: 0, payload: "{}", attempt: 1, failures: 0, maxAttempts: 1,
            trace: nil)
    }

    private func idle() -> Task<Void, Never> { Task {} }

    @Test func `what comes late of a lost claim does nothing to the job's next one`() {
        var holdings = Holdings(slots: 4)
        let first = holdings.claimed(id, rank: Rank(priority: 0), lane: "lane")
        holdings.lose([id])
        let second = holdings.claimed(id, rank: Rank(priority: 0), lane: "lane")
        let startedLost = holdings.started(first, job, deadline: .now, task: idle)
        #expect(!startedLost)
        #expect(holdings.reason(of: first) == .leaseLost)
        holdings.settle(first)
        holdings.giveBack(first, delay: 0)
        #expect(!holdings.hasReports && holdings.activeCount == 1)
        let starts = [1, 2].map { _ in holdings.started(second, job, deadline: .now, task: idle) }
        #expect(starts == [true, false], "a claim starts once")
    }

    @Test func `slots and reports add up whatever the order of endings`() {
        var holdings = Holdings(slots: 2)
        let claims = (0..<2).map { _ in holdings.claimed(JobID(IdentifierSource.system.next()), rank: Rank(priority: 0), lane: "lane") }
        #expect(holdings.freeSlots == 0)
        holdings.ended(claims[0])
        holdings.ended(claims[0])
        #expect(holdings.activeCount == 1 && holdings.freeSlots == 1)
        holdings.settle(claims[0])
        holdings.giveBack(claims[1], delay: 5)
        let plan = holdings.takePlan()
        #expect(plan.settled == [claims[0].id] && plan.returned == [LaneIndex.Return(id: claims[1].id, delay: 5)])
        holdings.restore(plan)
        let again = holdings.takePlan()
        #expect(again.settled == plan.settled && again.returned == plan.returned, "what may not have arrived is said again")
        holdings.acknowledged(again)
        #expect(holdings.assertion().isEmpty && holdings.activeCount == 0 && holdings.freeSlots == 2)
    }

    @Test func `results that wait for the ledger stop the claiming`() {
        var holdings = Holdings(slots: 3)
        for _ in 0..<6 {
            let claim = holdings.claimed(JobID(IdentifierSource.system.next()), rank: Rank(priority: 0), lane: "lane")
            holdings.ended(claim)
        }
        #expect(holdings.activeCount == 0 && holdings.freeSlots == 0)
    }

    @Test func `ends are worth a step when enough of them have come together`() {
        var holdings = Holdings(slots: 8)
        let claims = (0..<8).map { _ in holdings.claimed(JobID(IdentifierSource.system.next()), rank: Rank(priority: 0), lane: "lane") }
        holdings.expect(stepOf: 3)
        let worth = claims.prefix(4).map { claim in
            holdings.ended(claim)
            return holdings.isWorthAStep
        }
        #expect(worth == [false, false, true, true])
        var others = Holdings(slots: 8)
        let one = others.claimed(id, rank: Rank(priority: 0), lane: "lane")
        others.expect(stepOf: 3)
        others.settle(one)
        #expect(others.isWorthAStep, "free slots count, whoever had them")
        others = Holdings(slots: 1)
        _ = others.claimed(id, rank: Rank(priority: 0), lane: "lane")
        others.expect(stepOf: 3)
        #expect(!others.isWorthAStep)
        others.stopClaiming()
        #expect(others.isWorthAStep, "a stop waits for nothing")
    }

    @Test func `the attempt of a lost claim is told to stop`() {
        var holdings = Holdings(slots: 1)
        let claim = holdings.claimed(id, rank: Rank(priority: 0), lane: "lane")
        let attempt = Task { await untilCancelled() }
        let hasStarted = holdings.started(claim, job, deadline: .now + .seconds(60)) { attempt }
        #expect(hasStarted && !attempt.isCancelled)
        holdings.lose([id])
        #expect(attempt.isCancelled, "another worker has its job")
        #expect(holdings.reason(of: claim) == .leaseLost)
        attempt.cancel()
    }

    @Test func `a cancellation that comes before the attempt is told it when it begins`() {
        var holdings = Holdings(slots: 1)
        let claim = holdings.claimed(id, rank: Rank(priority: 0), lane: "lane")
        holdings.cancel([id], .operator)
        let attempt = Task { await untilCancelled() }
        let hasStarted = holdings.started(claim, job, deadline: .now + .seconds(60)) { attempt }
        #expect(hasStarted && attempt.isCancelled)
        #expect(holdings.reason(of: claim) == .operator)
        attempt.cancel()
    }
}
