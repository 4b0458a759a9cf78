package import HTTPDelivery
package import Identity
package import Jobs
import Ledger
package import Logging
package import Postgres
import Primitives
package import Queue
package import Redis
package import ServiceLifecycle

/// A worker's parts, wired: one runner a queue shard, one settlement writer for all of them.
package struct WorkerProcess {
    package struct Settings: Sendable {
        /// Attempts at once, by queue; `others` for those that are not named.
        package var slots: [String: Int] = [:]
        package var others = 256
        /// Attempts at once in the whole process, shared among the queues by weight and priority.
        package var attempts = 1024
        package var drain = Duration.seconds(20)
        package var settlementCommits = 2
        /// Of the program, shown to operators.
        package var release = ""

        package init() {}
    }

    private let services: [any Service]
    private let runners: [QueueRunner]
    private let settlements: SettlementWriter

    package init(
        map: QueueMap, pool: PostgresPool, redis: RedisClient, registry: JobRegistry = JobRegistry(), delivery: DeliveryClient, targets: AddressPolicy,
        sealer: Sealer, tuning: IndexTuning = IndexTuning(), settings: Settings = Settings(), logger: Logger
    ) {
        // The name of this life of the process: a restarted worker is another one, whose predecessor's lease runs out.
        let id = IdentifierSource.system.next()
        let worker = id.description
        var logger = logger
        logger[metadataKey: "worker"] = "\(worker)"
        let pusher = IndexPusher(map: map, redis: redis, tuning: tuning, logger: logger)
        let settlements = SettlementWriter(pool: pool, logger: logger, parallelCommits: settings.settlementCommits) { pusher.push(freed: $0) }
        let progress = ProgressWriter(pool: pool)
        // Publishes only in transactions of others, and needs no running writer for that.
        let publisher = Publisher(writer: EventWriter(pool: pool, deliveryJob: Publisher.deliveryJob()), pusher: pusher)
        let guardian = EndpointGuard(pool: pool, publisher: publisher, settings: SettingsPusher(map: map, redis: redis))
        let kinds = JobPerformer(
            registry: registry,
            services: JobServices(
                delivery: delivery, endpoints: EndpointDirectory(pool: pool, sealer: sealer, targets: targets), guardian: guardian, progress: progress))
        let feed = QueueFeed(table: QueueSettingsTable(pool: pool), logger: logger)
        let broker = AttemptBroker(total: settings.attempts, feed: feed)
        let runners = map.shards.map { shard in
            QueueRunner(
                index: LaneIndex(shard: shard, redis: redis, tuning: tuning), worker: worker, kinds: kinds,
                confirmation: JobConfirmation(pool: pool), settlements: settlements, waiting: WaitingJobs(pool: pool),
                settings: QueueRunner.Settings(slots: settings.slots[shard.queue] ?? settings.others, drain: settings.drain),
                broker: broker, logger: logger)
        }
        let report = WorkerReporter(table: WorkerTable(pool: pool), id: id, release: settings.release, runners: runners, logger: logger)
        services = [progress, pusher, settlements, feed, HealthReporter(guardian: guardian, logger: logger), report, RunnerCrew(runners: runners, reporter: report)]
        self.runners = runners
        self.settlements = settlements
    }

    /// Attempts that run and slots that there are, by queue.
    package var occupancy: [String: (running: Int, slots: Int)] {
        runners.reduce(into: [:]) { queues, runner in
            let (known, one) = (queues[runner.queue] ?? (0, 0), runner.load)
            queues[runner.queue] = (known.running + one.active, known.slots + one.slots)
        }
    }

    /// Settlements that wait for their commit.
    package var settlementBacklog: Int { settlements.backlog }

    /// In the order in which they start; a group stops them in reverse, so that runners can settle to the last.
    package var all: [any Service] { services }
}
