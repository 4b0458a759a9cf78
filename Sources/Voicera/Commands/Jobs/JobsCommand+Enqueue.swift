import API
import ArgumentParser
import Foundation
import Jobs
import Ledger
import Primitives
import Queue

extension JobsCommand {
    struct Enqueue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept a job, as POST /api/jobs does.",
            discussion: "Prints its id, or that of the job that has its unique key.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "Its kind, such as noop.") var kind: String
        @Argument(help: "JSON object.") var payload = "{}"
        @Option(help: "Another queue than the kind's.") var queue: String?
        @Option(help: "Whose turn it takes.") var lane: String?
        @Option(help: "Jobs of the lane with the same key run one after another.") var laneKey: String?
        @Option(help: "Lower runs first, -100 to 100.") var priority: Int16 = 0
        @Option(help: "RFC 3339 time.") var runAt: String?
        @Option(help: "RFC 3339 time: not started by then, it is cancelled.") var notAfter: String?
        @Option(help: "Attempts before it is buried.") var maxAttempts: Int32?
        @Option(help: "Seconds that one attempt may take.") var deadline: Int64?
        @Option(help: "At most one pending job of the kind has it.") var uniqueKey: String?
        @Option(help: "Seconds that the key stays taken, whatever becomes of the job.") var uniqueFor: Int64?

        func validate() throws {
            guard (-100...100).contains(priority) else { throw ValidationError("--priority is not -100 to 100") }
            if let maxAttempts, !(1...100).contains(maxAttempts) { throw ValidationError("--max-attempts is not 1 to 100") }
            if let deadline, !(1...86_400).contains(deadline) { throw ValidationError("--deadline is not 1 to 86400") }
            if let uniqueFor, uniqueKey == nil || !(1...30 * 86_400).contains(uniqueFor) {
                throw ValidationError("--unique-for needs --unique-key and is 1 to \(30 * 86_400)")
            }
            for lane in [lane, laneKey] {
                if let lane, !LaneName.isValid(lane) { throw ValidationError("\(lane) is not letters, digits and the characters _.:@#/+-") }
            }
        }

        func run() async throws {
            let registry = JobRegistry()
            guard let type = registry[kind], type.isPublic else {
                throw ValidationError("\(kind) is none of \(registry.publicKinds.joined(separator: ", "))")
            }
            guard (try? RawJSON(Array(payload.utf8)))?.kind == .object else { throw ValidationError("the payload is no JSON object") }
            if let complaint = registry.complaint(about: payload, for: type) { throw ValidationError("payload: \(complaint)") }
            let map = QueueMap()
            guard map.contains(queue ?? type.queue) else { throw ValidationError("there is no queue \(queue ?? type.queue)") }
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            // The sweep finds the job too; telling the index saves its few seconds.
            let redis = try stores.makeRedisIfSet(logger: logger)
            let job = NewJob(
                id: IdentifierSource.system.next(), workspace: WorkspaceID(Identifier(high: 0, low: 0)), kind: type.kind, queue: queue ?? type.queue,
                lane: "", priority: priority, payload: payload, maxAttempts: maxAttempts ?? Int32(clamping: type.maxAttempts),
                runAt: try time(runAt, "--run-at"), uniqueKey: uniqueKey, laneKey: laneKey, deadline: deadline.map { $0 * 1_000_000 },
                notAfter: try time(notAfter, "--not-after"), payloadVersion: Int16(clamping: type.payloadVersion),
                uniqueFor: uniqueFor.map { $0 * 1_000_000 })
            try await withPool(pool) {
                var placed = job
                placed.workspace = try await place.find(in: pool)
                placed.lane = LaneName.stored(lane, workspace: placed.workspace)
                let accepted = try await accept(placed, by: JobWriter(pool: pool))
                if let redis, !accepted.isDuplicate {
                    let push = LaneIndex.Push(
                        id: placed.id, lane: placed.lane, priority: placed.priority, laneKey: placed.laneKey, delay: accepted.delay)
                    let shard = map.shard(of: placed.queue, lane: placed.lane)
                    await IndexClient.tell(redis) { redis in
                        _ = try? await LaneIndex(shard: shard, redis: redis).enqueue([push], knownEpoch: "")
                    }
                }
                print(accepted.isDuplicate ? "\(accepted.id)  duplicate" : "\(accepted.id)")
            }
        }

        private func accept(_ job: NewJob, by writer: JobWriter) async throws -> AcceptedJob {
            try await withThrowingTaskGroup { group in
                group.addTask { try await writer.run() }
                defer { group.cancelAll() }
                guard case .done(let accepted) = try await writer.accept(JobWriter.Request(jobs: [job])), let first = accepted.first else {
                    throw ValidationError("the job was not accepted")
                }
                return first
            }
        }

        private func time(_ text: String?, _ name: String) throws -> Int64? {
            guard let text else { return nil }
            guard let time = RFC3339.parse(text) else { throw ValidationError("\(name) is no RFC 3339 time, such as 2030-01-15T10:30:00Z") }
            return time
        }
    }
}
