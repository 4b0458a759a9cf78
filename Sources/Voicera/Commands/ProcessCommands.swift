import API
import ArgumentParser

struct APICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "api", abstract: "Serve the HTTP API.")

    @OptionGroup var process: ProcessOptions
    @Option(help: "Where to listen, HOST:PORT (VOICERA_LISTEN).")
    var listen: ListenAddress?

    func run() async throws {
        let parts = try process.parts()
        let listen = try listen ?? Environment.listenAddress()
        let settings = try Environment.server()
        let scheme = settings.certificate == nil ? "http" : "https"
        try await parts.run(
            parts.api(
                listen: listen, settings: settings, drain: Environment.apiDrain(), webhookSecret: Environment.defaultWebhookSecret(),
                oauth: Environment.oauth()
            ) { port in
                printNow("listening on \(scheme)://\(listen.host):\(port)")
            })
    }
}

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", abstract: "Run jobs.")

    @OptionGroup var process: ProcessOptions
    @OptionGroup var worker: WorkerOptions

    func run() async throws {
        let parts = try process.parts()
        try await parts.run(parts.worker(slots: worker.slots(), attempts: worker.attemptLimit(), drain: worker.drainTime()))
    }
}

struct SchedulerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "Keep the index and the ledger in shape. Any number may run; one leads.")

    @OptionGroup var process: ProcessOptions

    func run() async throws {
        let parts = try process.parts(connections: 4)
        try await parts.run(parts.scheduler())
    }
}
