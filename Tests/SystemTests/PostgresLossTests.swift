import Foundation
import LocalStack
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct PostgresLoss {
        @Test func `the API says 503 and workers keep their results while the ledger is away`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 2)) { fleet in
                for number in 1...3 { try await fleet.addEndpoint(receiver.url("\(number)")) }
                receiver.behave(.hold())
                try await fleet.publish(100)
                try await fleet.enqueueNoops(500, lane: "noops")
                try await eventually("deliveries are running") { receiver.heldCount == 200 }

                await fleet.postgres.stopImmediately()
                let gone = ContinuousClock.now
                // So that the deliveries that still wait find no endpoint in a worker's memory when they are claimed.
                try await eventually("what workers remember of endpoints is old") { ContinuousClock.now - gone > .milliseconds(1500) }
                receiver.behave(.answer(200))
                receiver.releaseHeld()
                try await eventually("both workers hold results") { fleet.heldResults().count == 2 }
                for path in ["/api/jobs", "/api/events"] {
                    let asked = ContinuousClock.now
                    let answer = try await fleet.client.post(path, #"{"kind":"noop","event":"test.happened","payload":{},"data":{}}"#)
                    #expect(answer.status == 503)
                    #expect(answer.contentType == "application/problem+json")
                    #expect(answer.retryAfter.flatMap { Int($0) } != nil)
                    note("without Postgres \(path) answers 503 after \(ContinuousClock.now - asked)")
                }
                #expect(try await fleet.client.get("/api/health").status == 200)
                #expect(try await fleet.client.get("/api/health/ready").status == 503)

                try await fleet.postgres.restart()
                let back = ContinuousClock.now
                try await eventually("the API accepts again") { try await fleet.accepts() }
                note("Postgres restarted (-m immediate): the API accepts \(ContinuousClock.now - back) after it answers")
                try await fleet.awaitAllSucceeded(801, within: .seconds(40))
                note("and all 801 jobs are settled after \(ContinuousClock.now - back)")
                #expect(try await fleet.number("SELECT count(*) FROM jobs WHERE failures > 0") == 0, "the ledger's absence is no fault of a job's")
                #expect(receiver.repeated.isEmpty)
                #expect(receiver.distinctCount == 300)
                #expect(try await fleet.jobsWithoutOneEnding() == 0)
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}

extension Fleet {
    /// The processes that say that results wait for the ledger.
    fileprivate func heldResults() -> [String] {
        said.filter { $0.lines.contains { $0.contains("settlements wait for the ledger") } }.map(\.name)
    }
}
