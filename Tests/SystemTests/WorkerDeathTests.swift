import Glibc
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct WorkerDeath {
        @Test func `a killed worker's 500 running deliveries finish elsewhere within ten seconds`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(concurrency: "webhooks=500")) { fleet in
                for number in 1...3 { try await fleet.addEndpoint(receiver.url("\(number)")) }
                receiver.behave(.hold())
                let doomed = try fleet.startWorker()
                try await fleet.publish(200)
                try await eventually("500 deliveries are running", within: .seconds(20)) { receiver.heldCount == 500 }
                let running = receiver.heldIDs
                try fleet.startWorker()
                try await eventually("the other worker runs the rest", within: .seconds(20)) { receiver.heldCount == 600 }

                receiver.behave(.answer(200))
                let killed = ContinuousClock.now
                doomed.kill()
                receiver.releaseHeld()
                try await fleet.awaitAllSucceeded(600, within: .seconds(30))

                let again = receiver.arrivals.filter { $0.at > killed }
                #expect(Set(again.map(\.id)) == running)
                #expect(Set(receiver.repeated.keys).isSubset(of: running))
                #expect(receiver.repeated.values.allSatisfy { $0 == 2 })
                let first = try #require(again.map(\.at).min()) - killed
                let last = try #require(again.map(\.at).max()) - killed
                note("kill -9 with 500 running: run again elsewhere after \(first) (first) to \(last) (last)")
                #expect(last <= .seconds(10))
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }

        @Test func `a zombie's late settlements are refused`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.hold())
                let zombie = try fleet.startWorker()
                try await fleet.publish(50)
                try await eventually("50 deliveries are running") { receiver.heldCount == 50 }

                receiver.behave(.answer(200))
                let stopped = ContinuousClock.now
                zombie.signal(SIGSTOP)
                try fleet.startWorker()
                try await fleet.awaitAllSucceeded(50, within: .seconds(20))
                note("SIGSTOP of a worker with 50 running: all settled elsewhere after \(ContinuousClock.now - stopped)")
                try await eventually("the index has let them go") { try await fleet.held() == 0 }

                receiver.releaseHeld()
                zombie.signal(SIGCONT)
                try await eventually("every late settlement is refused") {
                    zombie.errorLines.filter { $0.contains("a settlement was refused") }.count == 50
                }
                #expect(receiver.count == 100)
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE outcome = 'lost' AND attempt = 1") == 50)
                #expect(try await fleet.number("SELECT count(*) FROM integration_log WHERE outcome = 'succeeded' AND attempt = 2") == 50)
                // It is a worker like any other again.
                try await fleet.publish(20)
                try await fleet.awaitAllSucceeded(70)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }

        @Test func `a crash between commit and enqueue loses nothing`() async throws {
            try await Fleet.run(.with(startsAPI: false, workers: 1)) { fleet in
                let doomed = try await fleet.startAPI(["VOICERA_FAULT_POINT": "before-push"])
                // The answer races the crash: the ledger says what was accepted.
                try? await fleet.enqueueNoops(100, lane: "crash")
                #expect(try await doomed.wait() == .killed(by: SIGKILL))
                #expect(try await fleet.number("SELECT count(*) FROM jobs") == 100)
                let crashed = ContinuousClock.now
                try await fleet.awaitAllSucceeded(100)
                note("crash between commit and enqueue: 100 jobs had run \(ContinuousClock.now - crashed) later")
                try await fleet.expectBalance()
            }
        }

        @Test func `a crash between settlement and acknowledge delivers nothing twice`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.hold())
                let doomed = try fleet.startWorker(["VOICERA_FAULT_POINT": "after-settlement"])
                try await fleet.publish(20)
                try await eventually("20 deliveries are running") { receiver.heldCount == 20 }
                receiver.behave(.answer(200))
                receiver.releaseHeld()
                #expect(try await doomed.wait() == .killed(by: SIGKILL))
                let settled = Set(try await fleet.pool.query("SELECT id FROM jobs WHERE state = 'succeeded'").map { DeliveryID(try $0.id(0)) })
                #expect(!settled.isEmpty)
                #expect(try await fleet.held() == 20)

                try fleet.startWorker()
                try await fleet.awaitAllSucceeded(20)
                try await eventually("the index has let all go", within: .seconds(15)) { try await fleet.held() == 0 }
                #expect(settled.isDisjoint(with: receiver.repeated.keys))
                #expect(receiver.count == 40 - settled.count)
                note("crash between settlement and acknowledge: \(settled.count) of 20 were settled, none of them was sent again")
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
