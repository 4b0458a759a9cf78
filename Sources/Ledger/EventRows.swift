import Postgres
import Primitives

/// The statements of a publication's transaction.
enum EventRows {
    struct Key: Hashable {
        var workspace: WorkspaceID
        var key: String
    }

    struct DeliveryRow {
        var job: NewJob
        var event: EventID
        var endpoint: EndpointID
    }

    /// The endpoints that each event is for, in the events' order; their filters are still to be asked.
    static func receivers(of events: [NewEvent], on connection: PostgresConnection) async throws -> [[EventReceiver]] {
        let rows = try await connection.query(
            """
            SELECT t.position, e.id, e.filter, CASE WHEN e.delivery_order = 'key' THEN e.order_key END, cardinality(e.retry_schedule)
            FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bool[])
                WITH ORDINALITY AS t (workspace_id, type, only_id, about, asked_for, position)
            JOIN endpoints e ON e.workspace_id = t.workspace_id AND e.id IS DISTINCT FROM t.about AND CASE WHEN t.only_id IS NULL
                THEN e.status = 'active' AND (t.type = ANY(e.event_types) OR ('*' = ANY(e.event_types) AND NOT t.asked_for)) ELSE e.id = t.only_id END
            ORDER BY t.position, e.id
            """,
            [
                .ids(events.map(\.workspace.value)), .texts(events.map(\.type)), .optionalIDs(events.map(\.only?.value)),
                .optionalIDs(events.map(\.about?.value)), .bools(events.map(\.isAskedFor)),
            ])
        var receivers = [[EventReceiver]](repeating: [], count: events.count)
        for row in rows {
            receivers[Int(try row.int64(0)) - 1].append(
                EventReceiver(
                    endpoint: EndpointID(try row.id(1)), filter: try row.optionalText(2), orderKey: try row.optionalText(3),
                    retries: try row.optionalInt32(4)))
        }
        return receivers
    }

    /// The ids of the events that are new; the others' keys were taken.
    static func insert(_ events: [NewEvent], deliveries: [Int], on connection: PostgresConnection) async throws -> Set<EventID> {
        let rows = try await connection.query(
            """
            WITH given AS MATERIALIZED (
                SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int4[], $7::text[], $8::uuid[],
                    $9::uuid[], $10::bool[])
                    AS t (id, workspace_id, type, event_key, body, deliveries, metadata, only_endpoint, about_endpoint, asked_for)),
            fresh AS (
                INSERT INTO events (id, workspace_id, type, event_key, deliveries, metadata, only_endpoint, about_endpoint, asked_for)
                SELECT id, workspace_id, type, event_key, deliveries, metadata, only_endpoint, about_endpoint, asked_for FROM given
                ON CONFLICT (workspace_id, event_key) DO NOTHING RETURNING id),
            kept AS (
                INSERT INTO event_bodies (event_id, workspace_id, body) SELECT id, workspace_id, body FROM given JOIN fresh USING (id))
            SELECT id FROM fresh
            """,
            [
                .ids(events.map(\.id.value)), .ids(events.map(\.workspace.value)), .texts(events.map(\.type)), .texts(events.map(\.key)),
                .texts(events.map(\.body)), .int32s(deliveries.map(Int32.init)), .optionalTexts(events.map(\.metadata)),
                .optionalIDs(events.map(\.only?.value)), .optionalIDs(events.map(\.about?.value)), .bools(events.map(\.isAskedFor)),
            ])
        return Set(try rows.map { EventID(try $0.id(0)) })
    }

    /// How many deliveries the earlier publications of these keys made.
    static func earlier(_ events: [NewEvent], on connection: PostgresConnection) async throws -> [Key: Int] {
        guard !events.isEmpty else { return [:] }
        let rows = try await connection.query(
            """
            SELECT e.workspace_id, e.event_key, e.deliveries FROM events e
            JOIN unnest($1::uuid[], $2::text[]) AS t (workspace_id, event_key) USING (workspace_id, event_key)
            """,
            [.ids(events.map(\.workspace.value)), .texts(events.map(\.key))])
        var found: [Key: Int] = [:]
        for row in rows { found[Key(workspace: WorkspaceID(try row.id(0)), key: try row.text(1))] = Int(try row.int32(2)) }
        return found
    }

    static func insert(_ deliveries: [DeliveryRow], slot: CounterSlot, on connection: PostgresConnection) async throws {
        guard !deliveries.isEmpty else { return }
        _ = try await connection.query(
            "INSERT INTO deliveries (id, workspace_id, event_id, endpoint_id) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])",
            [
                .ids(deliveries.map(\.job.id.value)), .ids(deliveries.map(\.job.workspace.value)), .ids(deliveries.map(\.event.value)),
                .ids(deliveries.map(\.endpoint.value)),
            ])
        let plain = deliveries.map(\.job).filter(\.isPlain)
        if !plain.isEmpty { _ = try await connection.query(JobInsert.plain, JobInsert.parameters(plain) + [.int16(slot.number)]) }
        // Those that have an order among themselves.
        _ = try await JobInsert.careful(deliveries.map(\.job).filter { !$0.isPlain }, slot: slot, on: connection)
    }
}
