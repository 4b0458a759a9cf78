import API
import ArgumentParser
import Foundation
import Ledger
import Primitives

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Jobs: list them, look at one, enqueue, cancel, run again.",
        subcommands: [List.self, Show.self, Enqueue.self, Cancel.self, Retry.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Newest first.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "Only this lane.") var lane: String?
        @Option(help: "Only those that are pending, succeeded, dead or cancelled.") var status: String?
        @Option(help: "Only this unique key.") var uniqueKey: String?
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            var state: JobState?
            if let status {
                state = JobState(rawValue: status)
                if state == nil { throw ValidationError("\(status) is none of \(JobState.allCases.map(\.rawValue).joined(separator: ", "))") }
            }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) { [state] in
                let workspace = try await place.find(in: pool)
                let filter = JobTable.Filter(
                    kind: kind, queue: queue, lanes: lane.map { LaneName.candidates($0, workspace: workspace) }, state: state)
                let jobs = try await JobTable(pool: pool).list(
                    workspace: workspace, filter: filter, range: JobTable.Range(uniqueKey: uniqueKey), before: nil, limit: max(1, limit))
                for job in jobs {
                    let due = job.runAt.map { $0 > Time.now && job.state == "pending" ? "  due \(Time.text($0))" : "" } ?? "  waits for others"
                    print("\(job.id)  \(job.kind)  \(LaneName.shown(job.lane, workspace: workspace))  \(job.state)  attempt \(job.attempt)\(due)")
                }
                if jobs.isEmpty { print("none") }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One, with its payload, its result and every attempt.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_…") var id: String

        func run() async throws {
            let job = try JobArgument.parse(id)
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                guard let found = try await JobTable(pool: pool).find(job, workspace: place.find(in: pool)) else {
                    throw ValidationError("the workspace has no job \(id)")
                }
                Self.lines(found).forEach { print($0) }
            }
        }

        private static func lines(_ found: JobTable.Found) -> [String] {
            let job = found.job
            var lines = ["\(job.id)  \(job.kind)  queue \(job.queue)  lane \(job.lane)", "status   \(job.state), attempt \(job.attempt) of \(job.maxAttempts)"]
            if let reason = job.cancelReason { lines.append("cancel   \(reason)") }
            if let runAt = job.runAt, job.state == "pending" { lines.append("due      \(Time.text(runAt))") }
            if let notAfter = job.notAfter { lines.append("until    \(Time.text(notAfter))") }
            if !found.blockedBy.isEmpty { lines.append("waits for \(found.blockedBy.map(\.description).joined(separator: " "))") }
            if !found.followers.isEmpty { lines.append("then     \(found.followers.map(\.description).joined(separator: " "))") }
            if let progress = found.progress {
                let percent = progress.percent.map { "\(Int($0)) % " } ?? ""
                lines.append("progress \(percent)\(progress.text) (\(Time.text(progress.at)))")
            }
            lines.append("payload  \(found.payload)")
            if let result = found.result { lines.append("result   \(result)") }
            lines += found.attempts.map { attempt in
                "\(Time.text(attempt.at))  attempt \(attempt.attempt ?? 0)  \(attempt.outcome)  \(attempt.errorClass ?? "")  \(attempt.message ?? "")"
            }
            return lines
        }
    }
}

enum JobArgument {
    static func parse(_ text: String) throws -> JobID {
        guard let id = JobID(text) else { throw ValidationError("\(text) is no job id") }
        return id
    }
}

/// Microseconds since 1970, for people.
private enum Time {
    static var now: Int64 { Int64(Date.now.timeIntervalSince1970 * 1e6) }
    static func text(_ microseconds: Int64) -> String { RFC3339.text(microseconds) }
}
