import ArgumentParser
import Ledger
import Primitives
import Queue
import Redis

struct LanesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanes", abstract: "Lanes of a workspace: what waits in them, their limits, pauses.",
        subcommands: [List.self, Limit.self, Pause.self, Resume.self])

    struct Place: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "The queue.") var queue: String
        @Argument(help: "As the list names it: a webhook's id (whk_…), or a workspace's lane.") var lane: String

        func change(_ body: @Sendable (LaneSettingsTable, LanePlace) async throws -> LaneSettings) async throws {
            guard QueueMap.builtIn.contains(queue) else { throw ValidationError("there is no queue \(queue): \(QueueMap.builtIn.joined(separator: ", "))") }
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let settings = try await body(LaneSettingsTable(pool: pool), LanePlace(queue: queue, lane: lane, workspace: place.find(in: pool)))
                if let redis { await withRedis(redis) { await SettingsPusher(map: QueueMap(), redis: redis).push(settings, of: queue) } }
                print(LanesCommand.line(settings, defaults: try await QueueSettingsTable(pool: pool).find(queue).laneDefaults, look: nil))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lanes of a queue that have waiting jobs or settings.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "The queue.") var queue: String
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let found = try await LaneCensus(pool: pool).lanes(of: queue, workspace: place.find(in: pool), after: "", limit: max(1, limit))
                let defaults = try await QueueSettingsTable(pool: pool).find(queue).laneDefaults
                let map = QueueMap()
                var looks: [String: LaneIndex.Look.Lane] = [:]
                if let redis {
                    await withRedis(redis) {
                        for lane in found.map(\.settings.lane) {
                            looks[lane] = try? await LaneIndex(shard: map.shard(of: queue, lane: lane), redis: redis).look(at: [lane])?.lanes.first
                        }
                    }
                }
                for row in found { print(LanesCommand.line(row.settings, defaults: defaults, look: looks[row.settings.lane])) }
                if found.isEmpty { print("none") }
            }
        }
    }

    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set a lane's own limits; what is not named is the queue's default.")
        @OptionGroup var place: Place
        @OptionGroup var limits: LaneLimitOptions

        func run() async throws {
            let limits = try limits.limits()
            try await place.change { try await $0.setLimits(limits, of: $1, actor: "cli") }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing of a lane; its jobs wait without spending an attempt.")
        @OptionGroup var place: Place
        @Option(help: "Why, for whoever finds it paused.") var reason: String
        @Option(name: .customLong("for"), help: "How long, such as 90s or 10m; until resumed when left out.") var duration: ShortDuration?

        func run() async throws {
            try await place.change { try await $0.park($1, microseconds: duration?.duration.microseconds, reason: reason, actor: "cli") }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on after a pause, slowly at first.")
        @OptionGroup var place: Place
        func run() async throws { try await place.change { try await $0.unpark($1, actor: "cli") } }
    }

    static func line(_ settings: LaneSettings, defaults: LaneDefaults, look: LaneIndex.Look.Lane?) -> String {
        let limits = defaults.with(settings.limits)
        var parts = [settings.lane]
        if let look {
            parts.append("running \(look.running)  waiting \(look.waiting + look.retriesWaiting + look.behind)\(look.isOverflowing ? " and more" : "")")
        }
        if limits.interval > 0 { parts.append("one every \(Double(limits.interval) / 1e6) s, burst \(limits.burst)") }
        if limits.concurrency > 0 { parts.append("concurrency \(limits.concurrency)") }
        if limits.isStrict { parts.append("strict order") }
        if settings.parked != 0 {
            parts.append("PAUSED by \(settings.parkedBy ?? "-")\(settings.parked > 0 ? " for \(settings.parked / 1_000_000) s" : ""): \(settings.parkedReason ?? "")")
        }
        return parts.joined(separator: "  ")
    }
}
