import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Replays {
        @Test func `a listener gets an endpoint's past events under the ids that receivers know, and a person is erased by the command line`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 1)) { fleet in
                let endpoint = try await fleet.addEndpoint(receiver.url())
                try await fleet.publish(3)
                try await eventually("all are delivered") { try await fleet.jobs("succeeded") == 3 }
                let sent = receiver.count
                let known = Set(try await fleet.pool.query("SELECT id FROM deliveries").map { DeliveryID(try $0.id(0)).description })
                let listener = try fleet.launch("listen", "--replay", "\(endpoint)", "--secret", fleet.secrets.webhookSecret)
                let begun = try await listener.waitForLine(containing: "replay of 3 begun")
                #expect(begun.hasPrefix("rpl_"))
                try await eventually("the listener has all of them") { listener.outputLines.filter { $0.contains("answered 200") }.count == 3 }
                let lines = listener.outputLines.filter { $0.contains("answered 200") }
                #expect(lines.allSatisfy { $0.contains("attempt 1  signature ok") })
                #expect(Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) }) == known, "\(lines)")
                #expect(receiver.count == sent, "the endpoint's own receiver has nothing of it")
                listener.signal(15)
                #expect(try await listener.wait() == .exited(0))
                let erasure = try #require(
                    try await fleet.command("erase", "--email", "nobody@example.com", "--dry-run").first?.split(separator: " ").first.map(String.init))
                try await eventually("it is counted") { try await fleet.command("erase", "show", erasure).first?.contains("count  done") == true }
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
