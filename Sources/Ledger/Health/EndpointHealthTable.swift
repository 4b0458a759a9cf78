package import Postgres
package import Primitives

/// What is known of the endpoints' health: workers add to it, the leader reviews it.
package struct EndpointHealthTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Nil until the endpoint has answered for the first time.
    package func find(_ endpoint: EndpointID, workspace: WorkspaceID) async throws -> EndpointHealth? {
        try await find([endpoint], workspace: workspace)[endpoint]
    }

    package func find(_ endpoints: [EndpointID], workspace: WorkspaceID) async throws -> [EndpointID: EndpointHealth] {
        let rows = try await pool.query(
            """
            SELECT \(EndpointHealth.columns) FROM endpoint_health h JOIN endpoints e ON e.id = h.endpoint_id
            WHERE h.endpoint_id = ANY($1::uuid[]) AND h.workspace_id = $2
            """, [.ids(endpoints.map(\.value)), .id(workspace.value)])
        return Dictionary(try rows.map { try EndpointHealth($0) }.map { ($0.endpoint, $0) }) { first, _ in first }
    }

    /// One statement, whatever the number of deliveries behind it. Rows are written in the order of ids, so that two workers cannot wait for each other.
    package func add(_ tallies: [EndpointTally]) async throws {
        guard !tallies.isEmpty else { return }
        _ = try await pool.query(
            Self.adding,
            [
                .ids(tallies.map(\.endpoint.value)), .ids(tallies.map(\.workspace.value)), .int64s(tallies.map(\.successes)), .int64s(tallies.map(\.failures)),
                .optionalInt64s(tallies.map(\.lastSuccessAge)), .optionalInt64s(tallies.map(\.lastFailureAge)), .optionalInt64s(tallies.map(\.failingAge)),
                .int32s(tallies.map(\.failuresSinceSuccess)), .optionalTimestamps(tallies.map(\.certificateExpiresAt)),
            ])
    }

    /// The later of what was and what is new. A failing stretch begins with the first failure after the last success, whoever saw either.
    ///
    /// A row of which nobody has to think, that is one that answers well and has done so, does not become due for the leader. The window of a circuit
    /// that has been at rest begins anew with what is added, so that an hour of successes does not hide a second of failures.
    private static let adding = """
        INSERT INTO endpoint_health AS h (endpoint_id, workspace_id, successes, failures, last_success_at, last_failure_at, failing_since,
            failures_since_success, certificate_expires_at, review_at)
        SELECT e.id, e.workspace_id, t.successes, t.failures, now() - t.success_age * interval '1 microsecond',
            now() - t.failure_age * interval '1 microsecond', now() - t.failing_age * interval '1 microsecond', t.failing, t.certificate,
            CASE WHEN t.failures > 0 OR t.certificate IS NOT NULL THEN now() ELSE 'infinity' END
        FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int4[], $9::timestamptz[])
            AS t (id, workspace_id, successes, failures, success_age, failure_age, failing_age, failing, certificate)
        JOIN endpoints e ON e.id = t.id AND e.workspace_id = t.workspace_id ORDER BY e.id
        ON CONFLICT (endpoint_id) DO UPDATE SET
            successes = h.successes + excluded.successes, failures = h.failures + excluded.failures,
            last_success_at = greatest(h.last_success_at, excluded.last_success_at),
            last_failure_at = greatest(h.last_failure_at, excluded.last_failure_at),
            failing_since = CASE WHEN \(isFailing)
                THEN greatest(least(h.failing_since, excluded.failing_since), h.last_success_at, excluded.last_success_at) END,
            failures_since_success = CASE WHEN \(isFailing) THEN excluded.failures_since_success
                + CASE WHEN excluded.last_success_at >= h.failing_since THEN 0 ELSE h.failures_since_success END ELSE 0 END,
            certificate_expires_at = coalesce(excluded.certificate_expires_at, h.certificate_expires_at),
            window_since = CASE WHEN \(isAtRest) THEN now() ELSE h.window_since END,
            window_successes = CASE WHEN \(isAtRest) THEN h.successes ELSE h.window_successes END,
            window_failures = CASE WHEN \(isAtRest) THEN h.failures ELSE h.window_failures END,
            review_at = CASE WHEN excluded.failures > 0 OR h.failing_since IS NOT NULL OR h.circuit <> 'closed' OR h.warned > 0
                OR h.exhausted_at IS NOT NULL OR excluded.certificate_expires_at <> coalesce(h.certificate_expires_at, '-infinity')
                THEN least(h.review_at, now()) ELSE h.review_at END,
            updated_at = now()
        """

    private static let isFailing = """
        coalesce(greatest(h.last_failure_at, excluded.last_failure_at) > coalesce(greatest(h.last_success_at, excluded.last_success_at), '-infinity'), false)
        """
    private static let isAtRest = "h.circuit = 'closed' AND h.window_since < now() - interval '2 minutes'"

    /// Those that the leader has to look at, locked until the transaction ends. What another transaction has is left to the next round.
    package static func due(limit: Int, on connection: PostgresConnection) async throws -> [EndpointHealth] {
        try await connection.query(
            """
            SELECT \(EndpointHealth.columns) FROM endpoint_health h JOIN endpoints e ON e.id = h.endpoint_id
            WHERE h.review_at <= now() ORDER BY h.review_at LIMIT $1 FOR UPDATE OF h SKIP LOCKED
            """, [.int64(Int64(limit))]
        ).map { try EndpointHealth($0) }
    }

    /// What a review came to. What workers add is left as it is.
    /// - Parameter review: when each is looked at again, in microseconds since 1970; nil for the next failure.
    package static func store(_ reviewed: [(health: EndpointHealth, review: Int64?)], on connection: PostgresConnection) async throws {
        let rows = reviewed.map(\.health)
        _ = try await connection.query(
            """
            UPDATE endpoint_health h SET circuit = t.circuit, circuit_until = t.until, trips = t.trips, window_since = t.since,
                window_successes = t.successes, window_failures = t.failures, warned = t.warned, exhausted_at = t.exhausted,
                certificate_told = t.told, review_at = coalesce(t.review, 'infinity')
            FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int4[], $5::timestamptz[], $6::int8[], $7::int8[], $8::int2[], $9::timestamptz[],
                $10::timestamptz[], $11::timestamptz[])
                AS t (id, circuit, until, trips, since, successes, failures, warned, exhausted, told, review)
            WHERE h.endpoint_id = t.id
            """,
            [
                .ids(rows.map(\.endpoint.value)), .texts(rows.map(\.circuit.rawValue)), .optionalTimestamps(rows.map(\.circuitUntil)),
                .int32s(rows.map(\.trips)), .timestamps(rows.map(\.windowSince)), .int64s(rows.map(\.windowSuccesses)),
                .int64s(rows.map(\.windowFailures)), .int16s(rows.map(\.warned)), .optionalTimestamps(rows.map(\.exhaustedAt)),
                .optionalTimestamps(rows.map(\.certificateTold)), .optionalTimestamps(reviewed.map(\.review)),
            ])
    }

    /// Locks the row, if there is one: what changes an endpoint and its health takes the health first, as the leader does.
    package static func lock(_ endpoint: EndpointID, on connection: PostgresConnection) async throws {
        _ = try await connection.query("SELECT 1 FROM endpoint_health WHERE endpoint_id = $1 FOR UPDATE", [.id(endpoint.value)])
    }

    /// A new beginning, when somebody enables the endpoint: what it did before is no reason to disable it again.
    package static func forgive(_ endpoint: EndpointID, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            UPDATE endpoint_health SET failing_since = NULL, failures_since_success = 0, circuit = 'closed', circuit_until = NULL, trips = 0,
                window_since = now(), window_successes = successes, window_failures = failures, warned = 0, exhausted_at = NULL
            WHERE endpoint_id = $1
            """, [.id(endpoint.value)])
    }
}

extension EndpointHealth {
    init(_ row: PostgresRow) throws {
        self.init(endpoint: EndpointID(try row.id(0)), workspace: WorkspaceID(try row.id(1)), status: try row.text(2), now: try row.timestamp(19))
        (successes, failures) = (try row.int64(3), try row.int64(4))
        (lastSuccessAt, lastFailureAt) = (try row.optionalTimestamp(5), try row.optionalTimestamp(6))
        (failingSince, failuresSinceSuccess) = (try row.optionalTimestamp(7), try row.int32(8))
        circuit = Circuit(rawValue: try row.text(9)) ?? .closed
        (circuitUntil, trips, windowSince) = (try row.optionalTimestamp(10), try row.int32(11), try row.timestamp(12))
        (windowSuccesses, windowFailures) = (try row.int64(13), try row.int64(14))
        (warned, exhaustedAt) = (try row.int16(15), try row.optionalTimestamp(16))
        (certificateExpiresAt, certificateTold) = (try row.optionalTimestamp(17), try row.optionalTimestamp(18))
    }
}
