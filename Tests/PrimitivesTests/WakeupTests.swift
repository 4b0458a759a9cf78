import Primitives
import Synchronization
import Testing

@Suite struct WakeupTests {
    @Test func `a signal before the wait is not lost, and several count as one`() async {
        let wakeup = Wakeup()
        wakeup.signal()
        wakeup.signal()
        await wakeup.wait()
        let begun = ContinuousClock.now
        await wakeup.wait(atMost: .milliseconds(20))
        #expect(ContinuousClock.now - begun >= .milliseconds(20))
    }

    @Test func `a wait ends at its own limit, whatever limits there were before`() async {
        let wakeup = Wakeup()
        // Leaves an alarm an hour ahead.
        wakeup.signal()
        await wakeup.wait(atMost: .seconds(3600))
        await signalled(wakeup) { await wakeup.wait(atMost: .seconds(3600)) }
        for limit in [Duration.milliseconds(30), .milliseconds(5), .milliseconds(50)] {
            let begun = ContinuousClock.now
            await wakeup.wait(atMost: limit)
            let took = ContinuousClock.now - begun
            #expect(took >= limit && took < .seconds(60), "\(took)")
        }
    }

    @Test func `an alarm of an earlier wait ends no later one`() async {
        let wakeup = Wakeup()
        await signalled(wakeup) { await wakeup.wait(atMost: .milliseconds(30)) }
        let begun = ContinuousClock.now
        await wakeup.wait(atMost: .milliseconds(200))
        #expect(ContinuousClock.now - begun >= .milliseconds(200))
    }

    @Test func `cancelling the task ends the wait`() async {
        let wakeup = Wakeup()
        let waiting = Task { await wakeup.wait(atMost: .seconds(3600)) }
        waiting.cancel()
        await waiting.value
    }

    @Test func `no signal is lost between a loop and those that bring work`() async {
        let wakeup = Wakeup()
        let left = Countdown(4 * 5000)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5000 {
                        left.step()
                        wakeup.signal()
                    }
                }
            }
            while left.isOpen { await wakeup.wait(atMost: .seconds(3600)) }
        }
    }

    private final class Countdown: Sendable {
        private let left: Atomic<Int>

        init(_ count: Int) { left = Atomic(count) }

        func step() { left.subtract(1, ordering: .sequentiallyConsistent) }
        var isOpen: Bool { left.load(ordering: .sequentiallyConsistent) > 0 }
    }

    /// The body runs and is woken by a signal that comes during it or before.
    private func signalled(_ wakeup: Wakeup, _ body: @Sendable () async -> Void) async {
        await withTaskGroup { group in
            group.addTask { wakeup.signal() }
            await body()
        }
    }
}
