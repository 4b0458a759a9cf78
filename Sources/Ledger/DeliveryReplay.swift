internal import EventFilter
package import Postgres
package import Primitives

/// Deliveries made anew: of events that are kept, to endpoints that exist, each with a job of its own and a full schedule. The one way in which a
/// replayed delivery comes into being, whoever asks for it.
package struct DeliveryReplay: Sendable {
    /// One delivery that is asked for.
    package struct Order: Sendable, Equatable {
        package var event: EventID
        package var endpoint: EndpointID
        /// The first delivery of the event to the endpoint, whose id receivers see again; nil when there was none.
        package var first: DeliveryID?
        /// Where it goes instead of the endpoint's own URL; judged by the caller, and again at the dial.
        package var url: String?
        /// The replay of many that it is a part of; nil for a single one.
        package var replay: ReplayID?

        package init(event: EventID, endpoint: EndpointID, first: DeliveryID?, url: String? = nil, replay: ReplayID? = nil) {
            self.event = event
            self.endpoint = endpoint
            self.first = first
            self.url = url
            self.replay = replay
        }
    }

    /// What the job of an order is made of.
    package struct Source: Sendable {
        package var order: Order
        package var event: NewEvent
        /// Waits that the endpoint's own schedule has; nil for the usual one.
        package var retries: Int?
        /// Of an endpoint that is ordered by a key.
        package var laneKey: String?
    }

    package struct Made: Sendable {
        package var order: Order
        /// Its id is the delivery's. For the index, after the commit.
        package var job: NewJob
    }

    /// Makes the job of an order. The kinds live above the ledger, so they are given to it.
    package typealias DeliveryJob = @Sendable (_ source: Source) -> NewJob

    /// Orders of one call: their bodies are in memory together.
    package static let mostAtOnce = 200

    private let deliveryJob: DeliveryJob

    package init(deliveryJob: @escaping DeliveryJob) { self.deliveryJob = deliveryJob }

    /// In a transaction of the caller's: deliveries, jobs and the count of what was accepted. An order whose event or endpoint the workspace does not
    /// have, or no body of any more, is left out of the answer, and so is an event that the replay has already; the others keep their order.
    /// - Parameter trace: of the request that asked for them, as `TraceContext.stored`.
    package func insert(_ orders: [Order], workspace: WorkspaceID, trace: String?, on connection: PostgresConnection) async throws -> [Made] {
        var made = try await sources(of: orders, workspace: workspace, trace: trace, on: connection).map { Made(order: $0.order, job: deliveryJob($0)) }
        guard !made.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            INSERT INTO deliveries (id, workspace_id, event_id, endpoint_id, first_id, replay_id, is_replay)
            SELECT id, $2, event_id, endpoint_id, first_id, replay_id, true
            FROM unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) AS t (id, event_id, endpoint_id, first_id, replay_id)
            ON CONFLICT (replay_id, event_id) WHERE replay_id IS NOT NULL DO NOTHING RETURNING id
            """,
            [
                .ids(made.map(\.job.id.value)), .id(workspace.value), .ids(made.map(\.order.event.value)), .ids(made.map(\.order.endpoint.value)),
                .optionalIDs(made.map { $0.order.first?.value }), .optionalIDs(made.map { $0.order.replay?.value }),
            ])
        let fresh = Set(try rows.map { JobID(try $0.id(0)) })
        made.removeAll { !fresh.contains($0.job.id) }
        guard !made.isEmpty else { return [] }
        let jobs = made.map(\.job)
        let slot = CounterSlot.any()
        if jobs.allSatisfy(\.isPlain) {
            _ = try await connection.query(JobInsert.plain, JobInsert.parameters(jobs) + [.int16(slot.number)])
        } else {
            _ = try await JobInsert.careful(jobs, slot: slot, on: connection)
        }
        return made
    }

    private func sources(of orders: [Order], workspace: WorkspaceID, trace: String?, on connection: PostgresConnection) async throws -> [Source] {
        guard !orders.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            SELECT t.position, e.type, e.event_key, \(EventBodies.body), cardinality(w.retry_schedule),
                CASE WHEN w.delivery_order = 'key' THEN w.order_key END
            FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS t (event_id, endpoint_id, position)
            JOIN events e ON e.id = t.event_id AND e.workspace_id = $1 JOIN endpoints w ON w.id = t.endpoint_id AND w.workspace_id = $1
            WHERE \(EventBodies.body) IS NOT NULL ORDER BY t.position
            """,
            [.id(workspace.value), .ids(orders.map(\.event.value)), .ids(orders.map(\.endpoint.value))])
        return try rows.map { row in
            let order = orders[Int(try row.int64(0)) - 1]
            let event = NewEvent(
                id: order.event, workspace: workspace, type: try row.text(1), key: try row.text(2), body: try row.text(3), trace: trace)
            let key = try row.optionalText(5).flatMap {
                EventReceivers.laneKey(of: FilterSubject(type: event.type, body: event.body, metadata: nil), at: $0)
            }
            return Source(order: order, event: event, retries: try row.optionalInt32(4).map(Int.init), laneKey: key)
        }
    }
}
