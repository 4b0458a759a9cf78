package import Postgres
package import Primitives

/// How an endpoint has been doing: from its newest attempts in the log, which an index finds in the order of time, and from what waits in its lane.
package struct EndpointStats: Sendable {
    /// Attempts that are looked at. An endpoint with more in the window is told of by the newest of them, and by since when they were.
    package static let mostAttempts: Int64 = 20_000
    /// Waiting deliveries are counted up to here.
    package static let mostWaiting: Int64 = 10_000

    /// Microseconds since 1970.
    package var from: Int64
    package var to: Int64
    /// False when the window has more than was looked at; `from` is then the time of the oldest one that was.
    package var isComplete: Bool
    package var succeeded: Int64
    /// Attempts that failed and were tried again, or not.
    package var failed: Int64
    /// Deliveries that were given up.
    package var exhausted: Int64
    /// Microseconds that an attempt took; nil without attempts.
    package var durations: Durations?
    package var lastSuccess: Int64?
    package var lastFailure: Int64?
    /// Deliveries that are due, `mostWaiting` at most.
    package var waiting: Int64
    /// Since when the oldest of them is due.
    package var oldestDue: Int64?

    package struct Durations: Sendable, Equatable {
        package var p50: Int64
        package var p95: Int64
        package var p99: Int64
    }

    /// - Parameter seconds: of the window, which ends now.
    package static func read(_ endpoint: EndpointID, workspace: WorkspaceID, seconds: Int64, on pool: PostgresPool) async throws -> EndpointStats {
        let rows = try await pool.query(
            statement,
            [
                .text(endpoint.description), .id(workspace.value), .int64(seconds), .int64(mostAttempts), .id(endpoint.value), .int64(mostWaiting),
            ])
        let row = rows[0]
        let (attempts, oldest) = (try row.int64(0), try row.optionalTimestamp(4))
        let isComplete = attempts < mostAttempts
        let durations = attempts == 0 ? nil : Durations(p50: try row.int64(6), p95: try row.int64(7), p99: try row.int64(8))
        return EndpointStats(
            from: isComplete ? try row.timestamp(12) : oldest ?? 0, to: try row.timestamp(13), isComplete: isComplete, succeeded: try row.int64(1),
            failed: try row.int64(2), exhausted: try row.int64(3), durations: durations, lastSuccess: try row.optionalTimestamp(5),
            lastFailure: try row.optionalTimestamp(9), waiting: try row.int64(10), oldestDue: try row.optionalTimestamp(11))
    }

    /// `page` walks `integration_log_deliveries` backwards, the newest partition first. The first jobs of a lane are found as a refill finds them.
    /// The last success may be older than the window: then the endpoint's health knows of it.
    private static let statement = """
        WITH page AS MATERIALIZED (
            SELECT at, outcome, duration_us FROM integration_log
            WHERE lane = $1 AND kind = 'webhook.deliver' AND type = 'attempt' AND workspace_id = $2 AND at > now() - $3 * interval '1 second'
            ORDER BY lane DESC, at DESC LIMIT $4),
        figures AS (
            SELECT count(*) AS attempts, count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
                count(*) FILTER (WHERE outcome NOT IN ('succeeded', 'cancelled')) AS failed, count(*) FILTER (WHERE outcome = 'dead') AS exhausted,
                min(at) AS oldest, max(at) FILTER (WHERE outcome = 'succeeded') AS last_success,
                max(at) FILTER (WHERE outcome NOT IN ('succeeded', 'cancelled')) AS last_failure,
                percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY coalesce(duration_us, 0)) AS p
            FROM page),
        waiting AS (
            SELECT run_at FROM jobs WHERE queue = 'webhooks' AND lane = $1 AND state = 'pending' AND NOT delayed LIMIT $6),
        health AS (SELECT last_success_at, last_failure_at FROM endpoint_health WHERE endpoint_id = $5 AND workspace_id = $2)
        SELECT f.attempts, f.succeeded, f.failed, f.exhausted, f.oldest, greatest(f.last_success, h.last_success_at), p[1], p[2], p[3],
            greatest(f.last_failure, h.last_failure_at), w.count, w.oldest, now() - $3 * interval '1 second', now()
        FROM figures f LEFT JOIN health h ON true
        CROSS JOIN (SELECT count(*) AS count, min(run_at) FILTER (WHERE run_at <= now()) AS oldest FROM waiting) w
        """
}
