import Glibc
import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct GracefulStop {
        /// The service group says so when it has the signal.
        private static let caught = "Signal caught"

        @Test func `a worker that is told to stop finishes what runs and claims nothing more`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(concurrency: "webhooks=20", logLevel: "debug")) { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.hold())
                let worker = try fleet.startWorker()
                try await fleet.publish(30)
                try await eventually("20 deliveries are running") { receiver.heldCount == 20 }

                worker.signal(SIGTERM)
                try await worker.waitForLine(containing: Self.caught)
                // Another queue's jobs are not claimed either while the deliveries are waited for.
                try await fleet.enqueueNoops(10, lane: "late")
                receiver.behave(.answer(200))
                receiver.releaseHeld()
                #expect(try await worker.wait() == .exited(0))
                #expect(try await fleet.jobs("succeeded") == 20)
                #expect(try await fleet.jobs("pending") == 20)

                try fleet.startWorker()
                try await fleet.awaitAllSucceeded(40)
                #expect(receiver.repeated.isEmpty)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }

        @Test func `what does not end in time is given back with no attempt spent`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.hold())
                let worker = try fleet.startWorker(["VOICERA_DRAIN": "500ms"])
                try await fleet.publish(20)
                try await eventually("20 deliveries are running") { receiver.heldCount == 20 }
                worker.signal(SIGTERM)
                #expect(try await worker.wait() == .exited(0))
                let untouched = "SELECT count(*) FROM jobs WHERE state = 'pending' AND attempt = 1 AND failures = 0 AND reclaims = 0"
                #expect(try await fleet.number(untouched) == 20)
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE type = 'attempt'") == 0)
                #expect(try await fleet.held() == 0)

                receiver.behave(.answer(200))
                let started = ContinuousClock.now
                try fleet.startWorker()
                try await fleet.awaitAllSucceeded(20, within: .seconds(5))
                note("20 jobs given back by a stopped worker: run by a new one \(ContinuousClock.now - started) after its start")
                #expect(receiver.arrivals.allSatisfy { $0.attempt == 1 })
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }

        @Test func `API and scheduler end in good order and the API answers what it has begun`() async throws {
            try await Fleet.run(.with(startsAPI: false, startsScheduler: false, logLevel: "debug")) { fleet in
                let api = try await fleet.startAPI()
                let scheduler = try fleet.startScheduler()
                try await scheduler.waitForLine(containing: "leading")
                let client = fleet.client
                // Requests until the first one that finds nobody; every answer there is must be a 202.
                async let accepted: Int = {
                    var accepted = 0
                    while let answer = try? await client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#) {
                        guard answer.status == 202 else { throw NeverHappened("a 202 until the end: \(answer)") }
                        accepted += 1
                    }
                    return accepted
                }()
                try await eventually("requests are answered") { try await fleet.jobs("pending") > 20 }
                api.signal(SIGTERM)
                scheduler.signal(SIGTERM)
                #expect(try await api.wait() == .exited(0))
                #expect(try await scheduler.wait() == .exited(0))
                let count = try await accepted
                #expect(try await fleet.jobs("pending") == Int64(count))

                try fleet.startScheduler()
                try fleet.startWorker()
                try await fleet.awaitAllSucceeded(count)
                try await fleet.expectBalance()
            }
        }
    }
}
