import ArgumentParser
import Ledger
import Postgres
import Primitives

struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules", abstract: "Jobs that come again and again.",
        subcommands: [List.self, Show.self, Create.self, Change.self, Pause.self, Resume.self, Run.self, Delete.self])

    /// What every command on one schedule has.
    struct One: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "sch_…, or its name") var schedule: String

        /// Runs the body with the table, the schedule's id and its workspace.
        func with(_ body: (ScheduleTable, ScheduleID, WorkspaceID) async throws -> Bool) async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let table = ScheduleTable(pool: pool)
                var id = ScheduleID(schedule)
                if id == nil { id = try await table.id(named: schedule, workspace: workspace) }
                guard let id, try await body(table, id, workspace) else { throw ValidationError("the workspace has no schedule \(schedule)") }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Newest first.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let rows = try await ScheduleTable(pool: pool).list(workspace: place.find(in: pool), before: nil, limit: max(1, limit))
                for row in rows { print(SchedulesCommand.line(row)) }
                if rows.isEmpty { print("none") }
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let nothing fire until it is resumed.")

        @OptionGroup var one: One
        @Option(help: "Shown to whoever asks why.") var reason: String?

        func run() async throws {
            try await one.with { table, id, workspace in
                try await table.pause(id, workspace: workspace, actor: "cli", reason: reason).map { print(SchedulesCommand.line($0)) } != nil
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with the next planned time.")

        @OptionGroup var one: One
        @Flag(help: "Treat what the pause held back as missed, by the schedule's catch-up policy; else it is skipped.") var catchUp = false

        func run() async throws {
            try await one.with { table, id, workspace in
                try await table.resume(id, workspace: workspace, actor: "cli", catchesUp: catchUp).map { print(SchedulesCommand.line($0)) } != nil
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete it; the jobs that it made stay.")

        @OptionGroup var one: One

        func run() async throws {
            try await one.with { table, id, workspace in
                let isDeleted = try await table.delete(id, workspace: workspace, actor: "cli")
                if isDeleted { print("deleted") }
                return isDeleted
            }
        }
    }

    static func line(_ row: ScheduleRow) -> String {
        let next = row.isPaused ? "paused\(row.pausedReason.map { ": \($0)" } ?? "")" : row.nextAt.map { "next \(RFC3339.text($0))" } ?? "never again"
        return "\(row.id)  \(row.definition.name)  '\(row.definition.cron)' \(row.definition.timeZone)  \(row.definition.kind)  \(next)"
    }
}
