import Foundation
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct FollowUps {
        @Test func `a chain of jobs runs through without a pause, and what has not started by its time is cancelled`() async throws {
            try await Fleet.run(.with(workers: 1)) { fleet in
                #expect(try await fleet.accepts())
                try await fleet.awaitAllSucceeded(1)
                let paused = try await fleet.client.post("/api/lanes/pause", #"{"queue":"default","lane":"slow","reason":"test"}"#)
                #expect(paused.status == 200, "\(paused)")
                let soon = Date.now.addingTimeInterval(2).formatted(.iso8601)
                let late = try await fleet.client.post("/api/jobs", #"{"kind":"noop","payload":{},"lane":"slow","notAfter":"\#(soon)"}"#)
                #expect(late.status == 202, "\(late)")

                var chain = #"{"kind":"noop","payload":{}}"#
                for _ in 0..<5 { chain = #"{"kind":"noop","payload":{},"then":\#(chain)}"# }
                let begun = ContinuousClock.now
                #expect(try await fleet.client.post("/api/jobs", chain).status == 202)
                // The sweep, which finds what nobody told the index, comes every five seconds, and every one of the chain would have to wait for it.
                try await eventually("all six have succeeded", within: .seconds(5)) { try await fleet.jobs("succeeded") == 7 }
                note("a chain of six jobs: \(ContinuousClock.now - begun)")
                try await eventually("the late one is over") {
                    try await fleet.number("SELECT count(*) FROM jobs WHERE state = 'cancelled' AND error_class = 'expired'") == 1
                }
                try await fleet.expectBalance()
            }
        }
    }
}
