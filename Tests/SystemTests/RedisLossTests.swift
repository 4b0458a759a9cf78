import LocalStack
import Primitives
import Redis
import Testing
import TestSupport

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
                // Long enough that many are running when the index goes.
                receiver.behave(.delayed(.milliseconds(100), 200))
                for _ in 1...4 { try fleet.startWorker() }
                try await eventually("the queue moves", within: .seconds(20)) { receiver.distinctCount >= 500 }

                let lost = ContinuousClock.now
                let before = receiver.distinctCount
                let running = receiver.heldCount
                #expect(running > 20)
                try await lose(fleet)
                // Accepted while there is no index, or a new one that is not open yet.
                try await fleet.publish(20)
                try await fleet.awaitAllSucceeded(10_100, within: .seconds(60))

                note("\(what) with 4 workers, \(before) of 5,000 deliveries sent, \(running) running: longest silence \(longestSilence(receiver, after: lost))")
                #expect(longestSilence(receiver, after: lost) <= .seconds(5))
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
            try await outlastOutage("SIGSTOP of Redis") { $0.redis.pause() } end: { $0.redis.resume() }
        }

        @Test func `the API accepts while Redis is gone and everything is delivered once afterwards`() async throws {
            try await outlastOutage("Redis killed, started again later") { await $0.redis.kill() } end: { try await $0.redis.restart() }
        }

        private func outlastOutage(
            _ what: String, begin: (Fleet) async -> Void, end: (Fleet) async throws -> Void
        ) async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 2)) { fleet in
                for number in 1...3 { try await fleet.addEndpoint(receiver.url("\(number)")) }
                receiver.behave(.delayed(.milliseconds(300), 200))
                try await fleet.publish(100)
                try await eventually("deliveries are running") { receiver.heldCount > 100 }

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
                try await eventually("all are delivered", within: .seconds(40)) { receiver.distinctCount == total }
                note(
                    "\(what) for \(Self.outage): \(events) events accepted meanwhile (slowest ten \(slowest)), all \(total) delivered \(ContinuousClock.now - back) after its end"
                )
                try await fleet.awaitAllSucceeded(total)
                #expect(receiver.repeated.isEmpty)
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
