import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct JobsCommands {
        @Test func `a job is enqueued, shown, cancelled and run again by the command line alone`() async throws {
            try await Fleet.run(.with(workers: 1)) { fleet in
                let later = try await fleet.command("jobs", "enqueue", "noop", #"{"n":1}"#, "--run-at", "2099-01-01T00:00:00Z", "--unique-key", "k")[0]
                #expect(try await fleet.command("jobs", "enqueue", "noop", "--unique-key", "k") == ["\(later)  duplicate"])
                let listed = try await fleet.command("jobs", "list", "--status", "pending")
                #expect(listed.count == 1 && listed[0].hasPrefix(later) && listed[0].contains("due 2099-01-01"))
                #expect(try await fleet.command("jobs", "show", later).contains(#"payload  {"n":1}"#))
                #expect(try await fleet.command("jobs", "cancel", later, "--reason", "no more") == ["\(later)  cancelled"])
                #expect(try await fleet.command("jobs", "show", later).contains("cancel   no more"))
                #expect(try await fleet.command("jobs", "retry", later) == ["\(later)  pending"])
                try await eventually("it has run", within: .seconds(15)) { try await fleet.jobs("succeeded") == 1 }
                #expect(try await fleet.command("jobs", "cancel", later) == ["\(later)  is succeeded"])
                try await fleet.expectBalance()
            }
        }

        @Test func `a delivery that hangs is cancelled while it runs, within two seconds`() async throws {
            let receiver = try await Receiver.start()
            try await Fleet.run(.with(workers: 1)) { fleet in
                try await fleet.addEndpoint(receiver.url())
                receiver.behave(.hold())
                try await fleet.publish(1)
                try await eventually("it hangs") { receiver.count == 1 }
                let id = try await fleet.command("jobs", "list")[0].split(separator: " ").first.map(String.init) ?? ""
                #expect(try await fleet.command("jobs", "cancel", id) == ["\(id)  cancelling"])
                try await eventually("it is cancelled", within: .seconds(2)) { try await fleet.jobs("cancelled") == 1 }
                try await fleet.expectBalance()
            }
            await receiver.stop()
        }
    }
}
