import Cron
import Ledger
import Primitives

/// Schedules and their occurrences, as clients see them.
enum ScheduleJSON {
    private static let upcoming = 5

    static func definition(_ definition: ScheduleDefinition, workspace: WorkspaceID) -> [(String, JSON)] {
        [
            ("name", .string(definition.name)), ("cron", .string(definition.cron)), ("timeZone", .string(definition.timeZone)),
            ("kind", .string(definition.kind)), ("payload", .raw(definition.payload)), ("queue", .string(definition.queue)),
            ("lane", .string(LaneName.shown(definition.lane, workspace: workspace))), ("priority", .int(definition.priority)),
            ("maxAttempts", .int(definition.maxAttempts)), ("catchUp", .string(definition.catchUp.rawValue)),
            ("catchUpLimit", .int(definition.catchUpLimit)), ("overlap", .string(definition.overlap.rawValue)),
        ]
    }

    static func summary(_ row: ScheduleRow) -> JSON { .object(members(row)) }

    static func detail(_ found: ScheduleTable.Found) -> JSON {
        let row = found.schedule
        var next: [Int64] = []
        if !row.isPaused, let timetable = try? Timetable(cron: row.definition.cron, timeZone: row.definition.timeZone) {
            // From what is planned on, which may be due already.
            next = timetable.upcoming(upcoming, after: row.nextAt.map { $0 - 1 } ?? found.now)
        }
        return .object(
            members(row) + [("nextOccurrences", .array(next.map { .time($0) })), ("occurrences", .array(found.occurrences.map(occurrence)))])
    }

    private static func members(_ row: ScheduleRow) -> [(String, JSON)] {
        [("id", .text(row.id)), ("status", row.isPaused ? "paused" : "active")] + definition(row.definition, workspace: row.workspace) + [
            ("pausedAt", .optional(time: row.pausedAt)), ("pausedBy", .optional(row.pausedBy)), ("pausedReason", .optional(row.pausedReason)),
            // Of a paused one nothing comes next.
            ("nextAt", .optional(time: row.isPaused ? nil : row.nextAt)), ("lastAt", .optional(time: row.lastAt)),
            ("waitingAt", .optional(time: row.heldAt)), ("createdAt", .time(row.createdAt)), ("updatedAt", .time(row.updatedAt)),
            ("links", ["self": .string("/api/schedules/\(row.id)")]),
        ]
    }

    private static func occurrence(_ occurrence: ScheduleTable.Occurrence) -> JSON {
        [
            "at": .time(occurrence.at), "outcome": .string(occurrence.outcome), "manual": .bool(occurrence.isManual),
            "until": .optional(time: occurrence.until), "jobId": .optional(occurrence.job?.description), "decidedAt": .time(occurrence.decidedAt),
        ]
    }
}
