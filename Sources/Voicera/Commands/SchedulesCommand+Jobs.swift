import API
import ArgumentParser
import Cron
import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import Redis

extension SchedulesCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One, with what became of its latest times and what comes next.")

        @OptionGroup var one: One

        func run() async throws {
            try await one.with { table, id, workspace in
                guard let found = try await table.find(id, workspace: workspace) else { return false }
                let (row, definition) = (found.schedule, found.schedule.definition)
                print(SchedulesCommand.line(row))
                print("job      \(definition.kind)  queue \(definition.queue)  lane \(definition.lane)  payload \(definition.payload)")
                let limit = definition.catchUp == .all ? " (\(definition.catchUpLimit))" : ""
                print("policy   catch-up \(definition.catchUp.rawValue)\(limit)  overlap \(definition.overlap.rawValue)")
                for time in row.isPaused ? [] : try Timetable(cron: definition.cron, timeZone: definition.timeZone).upcoming(5, after: found.now) {
                    print("next     \(RFC3339.text(time))")
                }
                for occurrence in found.occurrences {
                    let until = occurrence.until.map { " until \(RFC3339.text($0))" } ?? ""
                    print(
                        "\(RFC3339.text(occurrence.at))\(until)  \(occurrence.outcome)\(occurrence.isManual ? " by hand" : "")"
                            + "  \(occurrence.job?.description ?? "")")
                }
                return true
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one.", discussion: "Five fields of cron, or six with seconds first, or @hourly, @daily, @weekly, @monthly, @yearly, @every 90s.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "Unique in the workspace.") var name: String
        @Option(help: "Such as '30 2 * * MON-FRI'.") var cron: String
        @Option(help: "Such as Europe/Berlin.") var timeZone = "UTC"
        @Option(help: "Of the job.") var kind: String
        @Option(help: "JSON.") var payload = "{}"
        @Option(help: "The kind's own when left out.") var queue: String?
        @Option(help: "The workspace's own when left out.") var lane: String?
        @Option(help: "Lower runs first within a lane.") var priority: Int16 = 0
        @Option(help: "The kind's own when left out.") var maxAttempts: Int32?
        @Option(help: "none, latest or all: what becomes of times that passed while no scheduler ran.") var catchUp = CatchUp.none
        @Option(help: "How many times 'all' makes up for.") var catchUpLimit: Int32 = 100
        @Option(help: "allow, skip or queue_one: what becomes of a time while an earlier job is pending.") var overlap = Overlap.allow

        func validate() throws {
            try SchedulesCommand.check(name: name, lane: lane, priority: priority, maxAttempts: maxAttempts, catchUpLimit: catchUpLimit)
            do { _ = try Timetable(cron: cron, timeZone: timeZone) } catch { throw ValidationError(error.reason) }
        }

        func run() async throws {
            let registry = JobRegistry()
            guard let type = registry[kind], type.isPublic else { throw ValidationError("--kind is one of \(registry.publicKinds.joined(separator: ", "))") }
            let payload = try SchedulesCommand.payload(payload, for: type)
            guard QueueMap().contains(queue ?? type.queue) else { throw ValidationError("--queue is one of \(QueueMap().queues.joined(separator: ", "))") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let definition = ScheduleDefinition(
                    name: name, cron: cron, timeZone: timeZone, kind: type.kind, queue: queue ?? type.queue,
                    lane: LaneName.stored(lane, workspace: workspace), priority: priority, payload: payload,
                    maxAttempts: maxAttempts ?? Int32(clamping: type.maxAttempts), catchUp: catchUp, catchUpLimit: catchUpLimit, overlap: overlap)
                do {
                    let made = try await ScheduleTable(pool: pool).create(IdentifierSource.system.next(), definition, workspace: workspace)
                    print(SchedulesCommand.line(made.schedule))
                } catch let refusal as ScheduleRefusal {
                    throw ValidationError(SchedulesCommand.words(refusal))
                }
            }
        }

    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Fire at once, beside what is planned.")

        @OptionGroup var one: One

        func run() async throws {
            // The sweep finds the job too; telling the index saves its few seconds.
            let redis = try one.stores.makeRedisIfSet(logger: Environment.logger())
            try await one.with { table, id, workspace in
                let job = IdentifierSource.system.next(JobRow.self)
                guard let fired = try await table.run(id, workspace: workspace, actor: "cli", job: job) else { return false }
                if let redis { await push(fired, to: redis) }
                print(fired.id)
                return true
            }
        }

        private func push(_ job: ScheduleFiring.Fired, to redis: RedisClient) async {
            await withTaskGroup { group in
                group.addTask { try? await redis.run() }
                let index = LaneIndex(shard: QueueMap().shard(of: job.queue, lane: job.lane), redis: redis)
                _ = try? await index.enqueue([LaneIndex.Push(id: job.id, lane: job.lane, priority: job.priority)], knownEpoch: "")
                group.cancelAll()
            }
        }
    }
}

extension CatchUp: ExpressibleByArgument {}
extension Overlap: ExpressibleByArgument {}
