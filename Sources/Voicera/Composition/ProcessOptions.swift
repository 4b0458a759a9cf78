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

    @Option(help: "How long a stop waits for running jobs, such as 20s (VOICERA_DRAIN).")
    var drain: ShortDuration?

    func slots() throws -> [String: Int] { try Environment.slots(concurrency ?? Environment.value("VOICERA_CONCURRENCY")) }

    func drainTime() throws -> Duration {
        if let drain { return drain.duration }
        guard let text = Environment.value("VOICERA_DRAIN") else { return .seconds(20) }
        guard let parsed = ShortDuration(argument: text) else { throw ValidationError("VOICERA_DRAIN: \(text) is not a time such as 20s") }
        return parsed.duration
    }
}
