import ArgumentParser
import Ledger
import Primitives
import Queue
import Redis

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "Queues of the whole fleet: look at them, pause, drain, set weights and limits.",
        subcommands: [List.self, Change.self, Pause.self, Resume.self, Drain.self, Undrain.self])

    struct Place: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "One of \(QueueMap.builtIn.joined(separator: ", ")).") var queue: String

        /// Changes the ledger, then tells the index; without Redis the leader does.
        func change(_ body: @Sendable (QueueSettingsTable, String, WorkspaceID) async throws -> QueueSettings) async throws {
            guard QueueMap.builtIn.contains(queue) else { throw ValidationError("there is no queue \(queue): \(QueueMap.builtIn.joined(separator: ", "))") }
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let settings = try await body(QueueSettingsTable(pool: pool), queue, place.find(in: pool))
                if let redis { await withRedis(redis) { await SettingsPusher(map: QueueMap(), redis: redis).push(settings) } }
                print(QueuesCommand.line(settings, running: nil))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every queue with what is set for it and how many of its jobs run.")

        @OptionGroup var stores: StoreOptions

        func run() async throws {
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let settings = try await QueueSettingsTable(pool: pool).all()
                let map = QueueMap()
                var running: [String: Int64] = [:]
                if let redis {
                    await withRedis(redis) {
                        for shard in map.shards {
                            if let look = try? await LaneIndex(shard: shard, redis: redis).look() { running[shard.queue, default: 0] += look.held }
                        }
                    }
                }
                for queue in map.queues { print(QueuesCommand.line(settings[queue] ?? QueueSettings(queue: queue), running: running[queue])) }
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Weight, priority and limits; what is not named stays as it is.")

        @OptionGroup var place: Place
        @Option(help: "Share among queues of one priority, 1 to 1000.") var weight: Int32?
        @Option(help: "A higher one goes first, -100 to 100.") var priority: Int32?
        @Option(help: "Attempts at once in the whole fleet, 0 for no limit.") var concurrency: Int32?
        @Option(help: "Attempts at once in one process, 0 for what it was started with.") var processConcurrency: Int32?
        @OptionGroup var lanes: LaneLimitOptions

        func run() async throws {
            var change = QueueSettingsTable.Change()
            (change.weight, change.priority, change.concurrency, change.processConcurrency) = (weight, priority, concurrency, processConcurrency)
            let limits = try lanes.limits()
            (change.interval, change.burst, change.laneConcurrency, change.isStrict) = (limits.interval, limits.burst, limits.concurrency, limits.isStrict)
            if let weight, !(1...1000).contains(weight) { throw ValidationError("the weight is a number from 1 to 1000") }
            if let priority, !(-100...100).contains(priority) { throw ValidationError("the priority is a number from -100 to 100") }
            try await place.change { [change] in try await $0.change(change, of: $1, workspace: $2, actor: "cli") }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing of a queue; what runs goes on, and waiting costs no attempt.")

        @OptionGroup var place: Place
        @Option(help: "Why, for whoever finds it paused.") var reason: String
        @Option(name: .customLong("for"), help: "How long, such as 90s or 10m; until resumed when left out.") var duration: ShortDuration?

        func run() async throws {
            try await place.change { try await $0.pause($1, microseconds: duration?.duration.microseconds, reason: reason, workspace: $2, actor: "cli") }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on after a pause.")
        @OptionGroup var place: Place
        func run() async throws { try await place.change { try await $0.resume($1, workspace: $2, actor: "cli") } }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take no new jobs; what the queue has runs to its end.")
        @OptionGroup var place: Place
        func run() async throws { try await place.change { try await $0.drain($1, true, workspace: $2, actor: "cli") } }
    }

    struct Undrain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take new jobs again.")
        @OptionGroup var place: Place
        func run() async throws { try await place.change { try await $0.drain($1, false, workspace: $2, actor: "cli") } }
    }

    static func line(_ settings: QueueSettings, running: Int64?) -> String {
        var parts = [settings.queue, "running \(running.map(String.init) ?? "-")", "weight \(settings.weight)", "priority \(settings.priority)"]
        if settings.concurrency > 0 { parts.append("concurrency \(settings.concurrency)") }
        if settings.processConcurrency > 0 { parts.append("a process \(settings.processConcurrency)") }
        if settings.paused != 0 {
            parts.append("PAUSED by \(settings.pausedBy ?? "-")\(settings.paused > 0 ? " for \(settings.paused / 1_000_000) s" : ""): \(settings.pausedReason ?? "")")
        }
        if settings.isDraining { parts.append("DRAINING") }
        return parts.joined(separator: "  ")
    }
}
