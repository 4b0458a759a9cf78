import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct DeadLetters {
        @Test func `a dead letter is found, replayed to its receiver, and another discarded, by the command line alone`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 1)) { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.answer(500))
                try await fleet.publish(3)
                try await eventually("all have failed once") { try await fleet.number("SELECT count(*) FROM jobs WHERE failures = 1") == 3 }
                // Their second attempt, five seconds later, is to be the last.
                _ = try await fleet.pool.query("UPDATE jobs SET max_attempts = 2")
                try await eventually("all are dead", within: .seconds(15)) { try await fleet.jobs("dead") == 3 }

                let listed = try await fleet.command("dead-letters", "list")
                let ids = listed.compactMap { $0.split(separator: " ").first.map(String.init) }
                #expect(ids.count == 3)
                #expect(listed.allSatisfy { $0.contains("webhook.deliver") && $0.contains("http_status: the receiver answered 500") })
                let shown = try await fleet.command("dead-letters", "show", ids[0])
                #expect(shown.filter { $0.contains("attempt ") && $0.contains("http_status") }.count == 2)
                #expect(shown.contains { $0.hasPrefix("payload") && $0.contains("test.happened") })
                let groups = try await fleet.command("dead-letters", "groups")
                #expect(groups.count == 2 && groups[0].contains("webhook.deliver  http_status") && groups[1].contains("answered 500"), "\(groups)")
                let group = try #require(groups[0].split(separator: " ").dropFirst().first.map(String.init))
                #expect(try await fleet.command("dead-letters", "list", "--fingerprint", group).count == 3)
                // A repair that does not fit the kind, and an order that names nothing, are refused; the exit status says which it was.
                _ = try await fleet.command("dead-letters", "edit", ids[0], "--payload", "{}", exiting: 1)
                _ = try await fleet.command("dead-letters", "replay", exiting: 64)

                receiver.behave(.answer(200))
                let sent = receiver.count
                #expect(try await fleet.command("dead-letters", "replay", "--dry-run", ids[0]).last == "would do: 1 of 1")
                #expect(try await fleet.jobs("dead") == 3)
                let replayed = ContinuousClock.now
                #expect(try await fleet.command("dead-letters", "replay", ids[0], ids[1]).last == "done: 2 of 2")
                try await eventually("both are delivered") { try await fleet.jobs("succeeded") == 2 }
                note("two dead letters replayed: delivered \(ContinuousClock.now - replayed) after the command began")
                #expect(receiver.count == sent + 2)
                let begun = try await fleet.command("dead-letters", "discard", ids[2], "--rate", "5")
                let operation = try #require(begun.first?.split(separator: " ").first.map(String.init))
                try await eventually("the scheduler has worked it off") {
                    try await fleet.command("dead-letters", "operations", "show", operation).first?.contains("discard  done  1 of 1") == true
                }
                _ = try await fleet.command("dead-letters", "operations", "cancel", operation, exiting: 1)
                let actions = try await fleet.command("operator-actions")
                #expect(actions.count == 2 && actions[0].contains("dead_letters.discard") && actions[1].contains("dead_letters.replay"), "\(actions)")
                #expect(try await fleet.command("dead-letters", "list") == ["none"])
                #expect(try await fleet.jobs("cancelled") == 1)
                // What is not dead is neither replayed nor discarded.
                #expect(try await fleet.command("dead-letters", "replay", ids[0], exiting: 1) == ["\(ids[0])  not_dead", "done: 0 of 1"])
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
