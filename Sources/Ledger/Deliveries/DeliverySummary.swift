import Postgres
package import Primitives

/// A delivery and where its job stands: everything but what is sent.
package struct DeliverySummary: Sendable {
    package var id: DeliveryID
    package var endpoint: EndpointID
    package var event: EventID
    /// The public id of the event and its type; nil when the event is not kept any more.
    package var eventKey: String?
    package var eventType: String?
    /// The first delivery of the event to the endpoint, whose id receivers see; nil for the first one itself.
    package var first: DeliveryID?
    package var isReplay: Bool
    package var createdAt: Int64
    package var state: String
    package var attempt: Int32
    package var failures: Int32
    package var maxAttempts: Int32
    package var runAt: Int64?
    package var errorClass: String?
    package var errorMessage: String?
    package var settledAt: Int64?

    /// Of deliveries d, jobs j and events e.
    static let columns = """
        d.id, d.endpoint_id, d.event_id, e.event_key, e.type, d.first_id, d.is_replay, d.created_at, j.state::text, j.attempt, j.failures, j.max_attempts,
        nullif(j.run_at, 'infinity'), j.error_class, j.error_message, j.settled_at
        """
    static let columnCount = 16

    init(_ row: PostgresRow) throws {
        id = DeliveryID(try row.id(0))
        endpoint = EndpointID(try row.id(1))
        event = EventID(try row.id(2))
        eventKey = try row.optionalText(3)
        eventType = try row.optionalText(4)
        first = try row.optionalID(5).map { DeliveryID($0) }
        isReplay = try row.bool(6)
        createdAt = try row.timestamp(7)
        state = try row.text(8)
        attempt = try row.int32(9)
        failures = try row.int32(10)
        maxAttempts = try row.int32(11)
        runAt = try row.optionalTimestamp(12)
        errorClass = try row.optionalText(13)
        errorMessage = try row.optionalText(14)
        settledAt = try row.optionalTimestamp(15)
    }
}
