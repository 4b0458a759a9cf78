import ArgumentParser
import Primitives

/// Stores and keys of a separate process, from flags and the environment.
struct ProcessOptions: ParsableArguments {
    @OptionGroup var stores: StoreOptions

    func parts(connections: Int = 10) throws -> Parts {
        let logger = try Environment.logger()
        return Parts(
            pool: try stores.makePool(logger: logger, connections: connections), redis: try stores.makeRedis(logger: logger),
            sealer: try Environment.sealer(), targets: try Environment.addressPolicy(), logger: logger)
    }
}

struct WorkerOptions: ParsableArguments {
    @Option(help: "Attempts at once by queue, such as webhooks=500,default=64 (VOICERA_CONCURRENCY).")
    var concurrency: String?

    @Option(help: "Attempts at once in the whole process, shared by weight and priority of the queues (VOICERA_ATTEMPTS).")
    var attempts: Int?

    @Option(help: "How long a stop waits for running jobs, such as 20s (VOICERA_DRAIN).")
    var drain: ShortDuration?

    func slots() throws -> [String: Int] { try Environment.slots(concurrency ?? Environment.value("VOICERA_CONCURRENCY")) }

    func attemptLimit() throws -> Int {
        let text = attempts.map(String.init) ?? Environment.value("VOICERA_ATTEMPTS") ?? "1024"
        guard let count = Int(text), (1...100_000).contains(count) else { throw ValidationError("VOICERA_ATTEMPTS: \(text) is not a number from 1 to 100000") }
        return count
    }

    func drainTime() throws -> Duration {
        if let drain { return drain.duration }
        guard let text = Environment.value("VOICERA_DRAIN") else { return .seconds(20) }
        guard let parsed = ShortDuration(argument: text) else { throw ValidationError("VOICERA_DRAIN: \(text) is not a time such as 20s") }
        return parsed.duration
    }
}
