import ArgumentParser
import Foundation
import Primitives
import Queue
import Redis
import UnixSignals

/// What a driver of other people's queues needs to run this one beside them: the stores given by URL, one process that enqueues, one that works.
struct BenchPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-peer", shouldDisplay: false, subcommands: [Setup.self, Enqueue.self, Work.self])

    struct Options: ParsableArguments {
        @Option var profile = "default"
        @Option var postgres: String
        @Option var redis: String

        func run(_ body: (BenchSystem) async throws -> Void) async throws {
            guard let profile = BenchProfile.all.first(where: { $0.name == profile }) else { throw ValidationError("no profile \(profile)") }
            let stack = try await Stack.start(in: "", postgres: postgres, redis: redis)
            // The enqueuing process seals what the working one opens.
            try await BenchSystem.run(on: stack, profile: profile, secret: Data(repeating: 7, count: 32).base64EncodedString(), body)
        }
    }

    /// Schema and an open, empty index.
    struct Setup: AsyncParsableCommand {
        @OptionGroup var options: Options

        func run() async throws {
            try await options.run { system in
                _ = try await system.redis.send(["FLUSHALL"])
                try await system.waitForIndex()
            }
        }
    }

    struct Enqueue: AsyncParsableCommand {
        @OptionGroup var options: Options
        @Option(help: "Where the deliveries go.") var receiver = ""
        @Argument(help: "noop, hook or lat") var kind: String
        @Argument(help: "single, bulk or paced") var mode: String
        @Argument var count: Int

        private struct Answer: Encodable {
            var what: String
            var n: Int
            var secs: Double
            var rate: Double
        }

        func run() async throws {
            try await options.run { system in
                if kind == "hook" { try await system.addEndpoints(receiver) }
                let begun = ContinuousClock.now
                switch mode {
                case "bulk" where kind == "hook": try await system.publish(count, callers: 32)
                case "bulk": _ = try await system.enqueue(count, perRequest: 1000, callers: 1)
                default:
                    for number in 0..<count {
                        if mode == "paced" { try await Task.sleep(until: begun + .milliseconds(10 * number), tolerance: .zero) }
                        if kind == "hook" { try await system.publish(1, callers: 1) } else { try await system.enqueueOne(number, isStamped: kind == "lat") }
                    }
                }
                let took = (ContinuousClock.now - begun).seconds
                let what = mode == "bulk" && kind == "hook" ? "bulk(no bulk API)" : mode
                printNow(String(decoding: try JSONEncoder().encode(Answer(what: what, n: count, secs: took, rate: Double(count) / took)), as: UTF8.self))
            }
        }
    }

    /// Works until SIGTERM. What the ledger has as ended is what it counts as done.
    struct Work: AsyncParsableCommand {
        @OptionGroup var options: Options
        @Option(help: "Folder of the driver's counter files.") var counters: String

        func run() async throws {
            let tally = try PeerTally(folder: counters)
            try await options.run { system in
                system.kinds.onStart { tally.noteStart($0) }
                try await system.withWorkers {
                    await withTaskGroup { group in
                        group.addTask {
                            while !Task.isCancelled {
                                if let done = try? await system.ended() { tally.set(Int64(done)) }
                                try? await Task.sleep(for: .milliseconds(10))
                            }
                        }
                        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
                        group.cancelAll()
                    }
                }
            }
        }
    }
}
