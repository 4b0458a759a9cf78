import Postgres
import Primitives

/// The statements that find what a replay is for, page by page: a page is so many rows of the endpoint's deliveries or of the workspace's events,
/// whether they are meant or not, so that a step takes its time however few of them are.
struct ReplayStatement {
    /// Something that is meant, and where the walk is with it.
    struct Candidate {
        var position: Identifier
        var first: DeliveryID?
        var event: EventID
        var type: String
        /// Nil when it is not kept any more.
        var body: String?
        var metadata: String?

        init(_ row: PostgresRow) throws {
            position = try row.id(0)
            first = try row.optionalID(1).map { DeliveryID($0) }
            event = EventID(try row.id(2))
            type = try row.text(3)
            body = try row.optionalText(4)
            metadata = try row.optionalText(5)
        }
    }

    let selection: ReplaySelection
    let receiver: ReplayReceiver
    /// By which what is not there yet is left out.
    let until: Int64

    static let perPage: Int64 = 5000
    private static let first = Identifier(high: 0, low: 0)
    static let last = Identifier(high: .max, low: .max)

    /// Where the page after the cursor ends; nil for the last one.
    func endOfPage(after cursor: Identifier?, on connection: PostgresConnection) async throws -> Identifier? {
        let rows = try await connection.query(
            selection.choice == .missing
                ? "SELECT id FROM events WHERE workspace_id = $1 AND id > $2 ORDER BY workspace_id, id OFFSET $3 LIMIT 1"
                : "SELECT id FROM deliveries WHERE endpoint_id = $1 AND id > $2 ORDER BY endpoint_id, id OFFSET $3 LIMIT 1",
            [.id(selection.choice == .missing ? receiver.workspace.value : receiver.endpoint.value), .id(cursor ?? Self.first), .int64(Self.perPage - 1)])
        return try rows.first?.id(0)
    }

    func candidates(after cursor: Identifier?, upTo end: Identifier, limit: Int, on connection: PostgresConnection) async throws -> [Candidate] {
        let position = selection.choice == .missing ? "e.id, NULL::uuid" : "d.id, coalesce(d.first_id, d.id)"
        let rows = try await connection.query(
            """
            SELECT \(position), coalesce(e.id, \(walked).\(selection.choice == .missing ? "id" : "event_id")), coalesce(e.type, ''), \(EventBodies.body), e.metadata FROM \(source)
            WHERE \(condition) AND \(walked).id > $9 AND \(walked).id <= $10 ORDER BY \(walked).id LIMIT $11
            """,
            parameters + [.id(cursor ?? Self.first), .id(end), .int64(Int64(limit))])
        return try rows.map(Candidate.init)
    }

    /// All of them; a filter is not asked.
    func count(on connection: PostgresConnection) async throws -> Int64 {
        try await connection.query("SELECT count(*) FROM \(source) WHERE \(condition)", parameters).first?.int64(0) ?? 0
    }

    private var walked: String { selection.choice == .missing ? "e" : "d" }

    private var source: String {
        switch selection.choice {
        case .missing: "events e"
        // Whatever the retention of jobs has removed has ended.
        case .all: "deliveries d JOIN events e ON e.id = d.event_id LEFT JOIN jobs j ON j.id = d.id"
        case .failed: "deliveries d LEFT JOIN events e ON e.id = d.event_id JOIN jobs j ON j.id = d.id"
        }
    }

    private var condition: String {
        let range = { (time: String) in "($4::timestamptz IS NULL OR \(time) >= $4) AND \(time) < $5" }
        let types = "\(walked).workspace_id = $1 AND ($6::text[] IS NULL OR e.type = ANY ($6))"
        // Every parameter has to have a place and a type.
        let all = "$3::text[] IS NOT NULL AND ($7::text IS NULL OR true) AND $8::text IS NOT NULL"
        return switch selection.choice {
        case .missing:
            """
            \(types) AND \(all) AND \(range("e.created_at")) AND (e.type = ANY ($3) OR '*' = ANY ($3) AND NOT e.asked_for)
            AND (e.only_endpoint IS NULL OR e.only_endpoint = $2) AND e.about_endpoint IS DISTINCT FROM $2
            AND NOT EXISTS (
                SELECT 1 FROM deliveries d LEFT JOIN replays r ON r.id = d.replay_id
                WHERE d.event_id = e.id AND d.endpoint_id = $2 AND r.url IS NULL)
            """
        case .all:
            """
            d.endpoint_id = $2 AND \(types) AND \(all) AND d.first_id IS NULL AND \(range("d.created_at"))
            AND j.state IS DISTINCT FROM 'pending' AND ($7::text IS NULL OR j.state::text = $7)
            """
        case .failed:
            // What died on its way to another URL is no failure of the endpoint's, and is in another lane. Of several deliveries of an event the last
            // one says what became of it.
            """
            d.endpoint_id = $2 AND \(types) AND \(all) AND j.state = 'dead' AND j.lane = $8 AND \(range("j.settled_at")) AND NOT EXISTS (
                SELECT 1 FROM deliveries l LEFT JOIN jobs lj ON lj.id = l.id LEFT JOIN replays r ON r.id = l.replay_id
                WHERE l.event_id = d.event_id AND l.endpoint_id = $2 AND l.id > d.id
                    -- One whose job is not kept any more had succeeded.
                    AND (lj.id IS NULL AND r.url IS NULL OR lj.lane = $8 AND lj.state <> 'cancelled'))
            """
        }
    }

    private var parameters: [PostgresValue] {
        [
            .id(receiver.workspace.value), .id(receiver.endpoint.value), .texts(receiver.eventTypes), .optional(time: selection.since),
            .timestamp(microsecondsSince1970: until), .optional(texts: selection.eventTypes), .optional(selection.state?.rawValue),
            .text(receiver.endpoint.description),
        ]
    }
}
