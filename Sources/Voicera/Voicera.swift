import ArgumentParser

@main
struct VoiceraCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voicera",
        abstract: "A job queue: Postgres is the ledger, Redis is the index.",
        subcommands: [
            UpCommand.self,
            APICommand.self,
            WorkerCommand.self,
            SchedulerCommand.self,
            MigrateCommand.self,
            KeysCommand.self,
            UsersCommand.self,
            SigningKeysCommand.self,
            QueuesCommand.self,
            LanesCommand.self,
            WorkersCommand.self,
            JobsCommand.self,
            DeadLettersCommand.self,
            OperatorActionsCommand.self,
            SchedulesCommand.self,
            AuditCommand.self,
            EraseCommand.self,
            ListenCommand.self,
            BenchCommand.self,
            BenchReceiverCommand.self,
            BenchRouteCommand.self,
            BenchPeerCommand.self,
            ChaosCommand.self,
        ])
}
