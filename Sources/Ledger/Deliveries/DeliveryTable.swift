package import Postgres
package import Primitives

/// Deliveries, as they are read; `EventWriter` and `DeliveryReplay` write them.
package struct DeliveryTable: Sendable {
    /// What is nil lets every delivery pass.
    package struct Filter: Sendable {
        package var state: JobState?
        package var eventType: String?
        package var isReplay: Bool?
        /// Microseconds since 1970: made from this time on.
        package var since: Int64?
        /// Made before this time.
        package var until: Int64?

        package init() {}

        /// Of the list's statement; the parameters begin at $5.
        fileprivate static let condition = """
            ($5::text IS NULL OR j.state::text = $5) AND ($6::text IS NULL OR e.type = $6) AND ($7::bool IS NULL OR d.is_replay = $7)
            AND ($8::timestamptz IS NULL OR d.created_at >= $8) AND ($9::timestamptz IS NULL OR d.created_at < $9)
            """

        fileprivate var parameters: [PostgresValue] {
            [
                .optional(state?.rawValue), .optional(eventType), isReplay.map { .bool($0) } ?? .null, .optional(time: since), .optional(time: until),
            ]
        }
    }

    package struct Page: Sendable {
        package var rows: [DeliverySummary]
        /// Where the list goes on; nil at its end. There may be one behind a page that is not full: then all was looked at that one page may look at.
        package var next: DeliveryID?
    }

    package struct Found: Sendable {
        package var delivery: DeliverySummary
        package var payload: String
        package var trace: String?
        /// Attempts, and waits that a receiver asked for; oldest first.
        package var attempts: [LogRow]
    }

    /// Deliveries that one page looks at.
    static let mostRows = 5000
    /// An id has the clock of the process that made it, a row the ledger's: they may differ by this much before a list by time misses something.
    private static let skew: Int64 = 3_600_000_000
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Of an endpoint, newest first, those before the given one.
    package func page(of endpoint: EndpointID, workspace: WorkspaceID, filter: Filter, before: DeliveryID?, limit: Int) async throws -> Page {
        let from = filter.since.map { Self.firstID($0 - Self.skew) } ?? Identifier(high: 0, low: 0)
        let to = filter.until.map { Self.firstID($0 + Self.skew) } ?? Identifier(high: .max, low: .max)
        let rows = try await pool.query(
            Self.list,
            [.id(workspace.value), .id(endpoint.value), .id(min(before?.value ?? to, to)), .id(from)] + filter.parameters + [.int64(Int64(limit) + 1)])
        var found: [DeliverySummary] = []
        var last: DeliveryID?
        for row in rows {
            let delivery = try DeliverySummary(row)
            if try row.bool(DeliverySummary.columnCount) { found.append(delivery) }
            if try row.bool(DeliverySummary.columnCount + 1) { last = delivery.id }
        }
        if found.count > limit { return Page(rows: Array(found.prefix(limit)), next: found[limit - 1].id) }
        return Page(rows: found, next: last)
    }

    package func find(_ id: DeliveryID, workspace: WorkspaceID) async throws -> Found? {
        let rows = try await pool.query(
            """
            SELECT \(DeliverySummary.columns), j.payload, j.trace
            FROM deliveries d JOIN jobs j ON j.id = d.id LEFT JOIN events e ON e.id = d.event_id WHERE d.id = $1 AND d.workspace_id = $2
            """, [.id(id.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        return Found(
            delivery: try DeliverySummary(row), payload: try row.text(DeliverySummary.columnCount),
            trace: try row.optionalText(DeliverySummary.columnCount + 1),
            attempts: try await LogTable(pool: pool).requests(of: JobID(id.value), workspace: workspace))
    }

    /// The smallest id of a moment.
    private static func firstID(_ microseconds: Int64) -> Identifier {
        Identifier(high: UInt64(clamping: microseconds / 1000) << 16, low: 0)
    }

    /// A walk of the index by endpoint, bounded; its order is the window's and the list's, so that a full page ends the walk.
    private static let list = """
        SELECT \(DeliverySummary.columns), m.matches, d.place = \(mostRows) FROM (
            SELECT w.*, row_number() OVER (ORDER BY w.id DESC) AS place FROM (
                SELECT * FROM deliveries WHERE endpoint_id = $2 AND workspace_id = $1 AND id < $3 AND id >= $4
                ORDER BY endpoint_id DESC, id DESC LIMIT \(mostRows)) w) d
        JOIN jobs j ON j.id = d.id LEFT JOIN events e ON e.id = d.event_id CROSS JOIN LATERAL (SELECT coalesce(\(Filter.condition), false) AS matches) m
        WHERE m.matches OR d.place = \(mostRows) ORDER BY d.id DESC LIMIT $10
        """
}
