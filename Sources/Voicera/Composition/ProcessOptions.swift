import ArgumentParser
import Primitives

/// Stores and keys of a separate process, from flags and the environment.
struct ProcessOptions: ParsableArguments {
    @OptionGroup var stores: StoreOptions
    @OptionGroup var metrics: MetricsOptions

    func parts(connections: Int = 10) throws -> Parts {
        let logger = try Environment.logger()
        let metricsListen = try metrics.address()
        return Parts(
            pool: try stores.makePool(logger: logger, connections: connections), redis: try stores.makeRedis(logger: logger),
            sealer: try Environment.sealer(), targets: try Environment.addressPolicy(), metricsListen: metricsListen,
            logger: logger)
    }
}

struct MetricsOptions: ParsableArguments {
    @Option(help: "Where to answer scrapes without a key, HOST:PORT (VOICERA_METRICS_LISTEN).")
    var metricsListen: ListenAddress?

    /// Nil for nowhere. Whoever asks is about to make parts that observe, so that the registry is there from now on.
    func address() throws -> ListenAddress? {
        _ = ProcessMetrics.registry
        if let metricsListen { return metricsListen }
        guard let text = Environment.value("VOICERA_METRICS_LISTEN") else { return nil }
        guard let address = ListenAddress(argument: text) else { throw ValidationError("VOICERA_METRICS_LISTEN: \(text) is not HOST:PORT") }
        return address
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
