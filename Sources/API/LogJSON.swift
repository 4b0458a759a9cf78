import Ledger
import Primitives

/// Lines of the integration log, as clients see them.
enum LogJSON {
    static func line(_ row: LogRow, workspace: WorkspaceID) -> JSON { .object(members(row, workspace: workspace)) }

    /// With the bodies, where they were kept: JSON, or text when they had to be cut.
    static func detail(_ row: LogRow, _ bodies: LogTable.Bodies, workspace: WorkspaceID) -> JSON {
        .object(members(row, workspace: workspace) + [("requestBody", stored(bodies.request)), ("responseBody", stored(bodies.response))])
    }

    private static func members(_ row: LogRow, workspace: WorkspaceID) -> [(String, JSON)] {
        [
            ("id", .text(row.id)), ("at", .time(row.at)), ("type", .string(row.type)), ("jobId", .optional(row.job?.description)),
            ("kind", .optional(row.kind)), ("lane", .optional(row.lane.map { LaneName.shown($0, workspace: workspace) })),
            ("attempt", .optional(row.attempt)), ("outcome", .string(row.outcome)), ("httpStatus", .optional(row.status)),
            ("errorClass", .optional(row.errorClass)), ("message", .optional(row.message)), ("durationMicroseconds", .optional(row.duration)),
            ("method", .optional(row.method)), ("route", .optional(row.route)), ("path", .optional(row.path)),
            ("principal", .optional(row.principal)), ("address", .optional(row.address)), ("requestId", .optional(row.requestID)),
            ("traceId", .optional(row.trace.flatMap { TraceContext(trace: ($0.high, $0.low), span: 1)?.traceID })), ("details", stored(row.details)),
        ]
    }

    /// Cut by the ledger where it is too long: what is no whole JSON any more is shown as text.
    static func stored(_ text: String?) -> JSON {
        guard let text else { return .null }
        return (try? RawJSON(Array(text.utf8))) == nil ? .string(text) : .raw(text)
    }
}
