package import Jobs
package import Ledger
package import Logging
package import Postgres
import Primitives
package import Queue
package import Redis
import ServiceLifecycle
import Synchronization

/// A scheduler: tries to lead, and while it leads keeps the index and does its duties. Any number may run; one leads.
package final class SchedulerProcess: Service {
    private let leadership: Leadership
    private let keeper: IndexKeeper
    private let duties: [LeaderDuty]
    private let pusher: IndexPusher
    private let logger: Logger
    private let term = Mutex<LeaderTerm?>(nil)

    private static let beat = Duration.seconds(1)

    package init(
        map: QueueMap, pool: PostgresPool, redis: RedisClient, tuning: IndexTuning = IndexTuning(), retention: Retention = Retention(),
        health: HealthPolicy = HealthPolicy(), logger: Logger
    ) {
        leadership = Leadership(pool: pool, holder: IdentifierSource.system.next().description)
        let keeper = IndexKeeper(
            map: map, redis: redis, tuning: tuning, waiting: WaitingJobs(pool: pool), lanes: LaneSettingsTable(pool: pool),
            queues: QueueSettingsTable(pool: pool), workers: WorkerTable(pool: pool), leadership: leadership, logger: logger)
        self.keeper = keeper
        let schedules = ScheduleKeeper(map: map, redis: redis, tuning: tuning, firing: ScheduleFiring(pool: pool))
        let settings = SettingsDuty(keeper: keeper)
        let housekeeping = Housekeeping(pool: pool)
        let mover = DeadLetterMover(operations: DeadLetterOperationTable(pool: pool), map: map, redis: redis, tuning: tuning, logger: logger)
        let replays = ReplayMover(
            replays: ReplayTable(pool: pool, work: Publisher.replayWork()), map: map, redis: redis, tuning: tuning, logger: logger)
        let canceller = JobCanceller(map: map, pool: pool, redis: redis, tuning: tuning, logger: logger)
        let pusher = IndexPusher(map: map, redis: redis, tuning: tuning, logger: logger)
        let followers = FollowerKeeper(waiting: WaitingJobs(pool: pool)) { pusher.push(freed: $0) }
        let pruning = JobPruning(pool: pool, retention: retention)
        self.pusher = pusher
        let endpoints = EndpointHealthKeeper(
            pool: pool, publisher: Publisher(writer: EventWriter(pool: pool, deliveryJob: Publisher.deliveryJob()), pusher: pusher),
            settings: SettingsPusher(map: map, redis: redis), policy: health)
        let lags = WebhookLagTable(pool: pool)
        let sampler = QueueSampler(pool: pool, queues: map.queues)
        duties = [
            LeaderDuty("the promotion of delayed jobs", every: .seconds(1)) { try await keeper.promote(term: $0) },
            LeaderDuty("telling the index of settings", every: .milliseconds(500)) { try await settings.run(term: $0) },
            LeaderDuty("the firing of schedules", every: .seconds(1)) { try await schedules.run(term: $0) },
            LeaderDuty("a sweep", every: .seconds(5)) { _ in try await keeper.sweep() },
            LeaderDuty("a round of operations on dead letters", every: .seconds(1)) { try await mover.run(term: $0) },
            LeaderDuty("a round of replays", every: .seconds(1)) { try await replays.run(term: $0) },
            LeaderDuty("a round of erasures", every: .seconds(1)) { try await ErasureTable(pool: pool).run(term: $0) },
            LeaderDuty("the fingerprints of older dead letters", every: .seconds(10)) { _ in
                while try await DeadLetterTable(pool: pool).addFingerprints(limit: 1000) == 1000 {}
            },
            LeaderDuty("cancelling", every: .seconds(2)) { _ in try await canceller.endMarked() },
            LeaderDuty("the expiry of jobs", every: .seconds(2)) { _ in try await canceller.endOverdue() },
            LeaderDuty("a look at jobs that wait for others", every: .seconds(3)) { try await followers.mend(term: $0) },
            LeaderDuty("the removal of old jobs", every: .seconds(120)) { try await pruning.run(term: $0) },
            LeaderDuty("the removal of old log", every: .seconds(3600)) { try await LogPartitions(pool: pool).drop(olderThan: retention.log, term: $0) },
            LeaderDuty("the removal of old bodies", every: .seconds(3600)) {
                try await EventBodies(pool: pool).drop(olderThan: retention.payloads, term: $0)
                try await LogPartitions(pool: pool).stripBodies(olderThan: retention.responses, term: $0)
            },
            LeaderDuty("the removal of old events", every: .seconds(600)) { try await EventPruning(pool: pool, retention: retention).run(term: $0) },
            LeaderDuty("a sample of the queues", every: QueueSampler.pause) { try await sampler.sample(term: $0) },
            LeaderDuty("a look at the health of endpoints", every: .seconds(1)) { try await endpoints.run(term: $0) },
            LeaderDuty("a sample of late webhooks", every: QueueSampler.pause) {
                try await lags.sample(queue: WebhookDeliverJob.queue, within: .seconds(10), term: $0)
            },
            LeaderDuty("housekeeping", every: .seconds(600)) { _ in try await housekeeping.run() },
        ]
        self.logger = logger
    }

    package var isLeading: Bool { term.withLock { $0 != nil } }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.lead() }
                group.addTask { try? await self.pusher.run() }
                for duty in self.duties { group.addTask { await self.repeatedly(duty) } }
            }
        }
    }

    /// The beats: the lead is renewed and the index looked after.
    private func lead() async {
        var keeper = keeper
        var last: LeaderTerm?
        while !Task.isCancelled {
            do {
                let claimed = try await leadership.claim()
                if claimed != last { logger.notice(claimed == nil ? "another scheduler leads" : "leading", metadata: ["term": "\(claimed?.term ?? 0)"]) }
                last = claimed
                term.withLock { $0 = claimed }
                if let claimed {
                    await attempt("a beat") {
                        // A rebuild may take longer than the lease.
                        keeper = try await leadership.whileRenewing(claimed, every: Self.beat) { [keeper] in
                            var keeper = keeper
                            try await keeper.beat(term: claimed)
                            return keeper
                        }
                    }
                }
            } catch {
                logger.warning("the lead could not be claimed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.beat)
        }
        if let last { try? await leadership.resign(last) }
    }

    /// A duty runs beside the beats and the other duties: one that takes long holds up nobody. It may run on for a moment when the lead has
    /// passed on, so what only a leader may write names the term.
    private func repeatedly(_ duty: LeaderDuty) async {
        while !Task.isCancelled {
            guard let term = term.withLock({ $0 }) else {
                try? await Task.sleep(for: Self.beat)
                continue
            }
            await attempt(duty.name) { try await duty.run(term) }
            try? await Task.sleep(for: duty.every)
        }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            // A stop cancels what is under way; that is no failure.
            if !Task.isCancelled { logger.warning("\(what) failed", metadata: ["error": "\(error)"]) }
        }
    }
}
