import LocalStack
import Primitives
import Redis
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct RedisLoss {
        private static let outage: Duration = isLongRun ? .seconds(20) : .seconds(5)

        @Test func `an index that is emptied under load is rebuilt and no job runs twice`() async throws {
            try await loseIndexUnderLoad("FLUSHALL") { fleet in _ = try await fleet.index.send(["FLUSHALL"]) }
        }

        @Test func `a Redis that is killed and comes back empty loses no job`() async throws {
            try await loseIndexUnderLoad("kill -9 of Redis, restarted empty") { fleet in
                await fleet.redis.kill()
                try await fleet.redis.restart()
            }
        }

        /// 10,000 jobs wait, four workers run them, and the index goes.
        private func loseIndexUnderLoad(_ what: String, _ lose: (Fleet) async throws -> Void) async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(concurrency: "webhooks=50,default=50")) { fleet in
                for number in 1...5 { try await fleet.addEndpoint(receiver.url("\(number)")) }
                try await fleet.publish(1000)
                for lane in 1...5 { try await fleet.enqueueNoops(1000, lane: "noops-\(lane)") }
                // These run from before the loss until after the rebuild. One worker is full of them: it has nothing to say but its beat.
                receiver.behave(.hold(most: 50))
                try fleet.startWorker()
                try await eventually("one worker is full", within: .seconds(20)) { receiver.heldCount == 50 }
                receiver.behave(.hold(most: 100))
                for _ in 2...4 { try fleet.startWorker() }
                try await eventually("the queue moves", within: .seconds(20)) { receiver.distinctCount >= 500 }

                let lost = ContinuousClock.now
                let before = receiver.distinctCount
                let running = receiver.heldIDs
                #expect(running.count == 100)
                try await lose(fleet)
                // Accepted while there is no index, or a new one that is not open yet.
                try await fleet.publish(20)
                try await eventually("the queue moves again and goes on", within: .seconds(30)) { receiver.distinctCount >= before + 1500 }
                #expect(receiver.heldIDs == running)
                receiver.behave(.answer(200))
                receiver.releaseHeld()
                try await fleet.awaitAllSucceeded(10_100, within: .seconds(60))

                let silence = longestSilence(receiver, after: lost)
                note("\(what) with 4 workers, \(before) of 5,000 deliveries sent, \(running.count) running: longest silence \(silence)")
                #expect(silence <= .seconds(5))
                // All workers lived, so what was running is asserted by them and nothing runs twice.
                #expect(receiver.repeated.isEmpty)
                #expect(fleet.lines(containing: "a settlement was refused").isEmpty)
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }

        /// The longest time without a delivery after the moment.
        private func longestSilence(_ receiver: Receiver, after moment: ContinuousClock.Instant) -> Duration {
            let times = [moment] + receiver.arrivals.map(\.at).filter { $0 > moment }.sorted()
            return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .seconds(3600)
        }

        @Test func `the API accepts while Redis hangs and everything is delivered once afterwards`() async throws {
            try await outlastOutage("SIGSTOP of Redis") { fleet in
                fleet.redis.pause()
            } end: { fleet in
                fleet.redis.resume()
            }
        }

        /// It comes back with an index that is older than what has happened since.
        @Test func `the API accepts while Redis is gone and everything is delivered once afterwards`() async throws {
            try await outlastOutage("Redis killed and restarted with its file", persistent: true) { fleet in
                await fleet.redis.kill()
            } end: { fleet in
                try await fleet.redis.restart()
            }
        }

        private func outlastOutage(
            _ what: String, persistent: Bool = false, begin: (Fleet) async -> Void, end: (Fleet) async throws -> Void
        ) async throws {
            let receiver = try await Receiver.start()
            var plan = Fleet.Plan.with(workers: 2)
            plan.redisIsPersistent = persistent
            try await Fleet.run(plan) { fleet in
                for number in 1...3 { try await fleet.addEndpoint(receiver.url("\(number)")) }
                receiver.behave(.delayed(.seconds(1), 200))
                try await fleet.publish(100)
                try await eventually("deliveries are running") { receiver.heldCount > 50 }

                await begin(fleet)
                let gone = ContinuousClock.now
                var events = 0
                var slowest = Duration.zero
                while ContinuousClock.now - gone < Self.outage {
                    let asked = ContinuousClock.now
                    try await fleet.publish(10, publishers: 2)
                    slowest = max(slowest, ContinuousClock.now - asked)
                    events += 10
                }
                try await end(fleet)
                let back = ContinuousClock.now
                receiver.behave(.answer(200))
                let total = (100 + events) * 3
                try await eventually("all are delivered", within: isLongRun ? .seconds(120) : .seconds(40)) { receiver.distinctCount == total }
                note(
                    """
                    \(what) for \(Self.outage): \(events) events accepted meanwhile (slowest ten \(slowest)); after its end the longest silence was \
                    \(longestSilence(receiver, after: back)), and all \(total) were delivered in \(ContinuousClock.now - back)
                    """)
                #expect(longestSilence(receiver, after: back) <= .seconds(5))
                try await fleet.awaitAllSucceeded(total)
                #expect(receiver.repeated.isEmpty)
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
