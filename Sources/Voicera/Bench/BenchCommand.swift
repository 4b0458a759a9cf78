import ArgumentParser

/// `voicera bench` and an option is `voicera bench engine`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine.", subcommands: [BenchEngineCommand.self, BenchWebhooksCommand.self, BenchFairnessCommand.self],
        defaultSubcommand: BenchEngineCommand.self)
}
