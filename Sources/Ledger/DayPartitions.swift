import Postgres
import Primitives

/// The partitions of a table, one a day (UTC), named for it: `integration_log_20240115`.
struct DayPartitions: Sendable {
    let pool: PostgresPool
    let table: String

    /// check_violation: the default partition has rows of that day.
    private static let rowsInDefault = "23514"

    /// Makes those of the coming days that are not there yet. Rows that already lie in the default partition stay there: such a day is skipped.
    func ensure(daysAhead: Int) async throws {
        for day in 0...daysAhead {
            let rows = try await pool.query(
                "SELECT to_char(d, 'YYYYMMDD'), to_char(d, 'YYYY-MM-DD'), to_char(d + 1, 'YYYY-MM-DD') FROM (SELECT (now() AT TIME ZONE 'utc')::date + $1::int AS d) t",
                [.int32(Int32(day))])
            guard let row = rows.first else { continue }
            let (name, from, to) = (try row.text(0), try row.text(1), try row.text(2))
            let statement = """
                CREATE TABLE IF NOT EXISTS \(table)_\(name) PARTITION OF \(table)
                FOR VALUES FROM ('\(from) 00:00:00+00') TO ('\(to) 00:00:00+00')
                """
            do {
                _ = try await pool.query(statement)
            } catch {
                guard error.sqlState == Self.rowsInDefault else { throw error }
            }
        }
    }

    /// Those that ended longer ago than `age`, the oldest first, and when they did.
    func over(by age: Duration) async throws -> [(name: String, end: Int64)] {
        let rows = try await pool.query(
            """
            SELECT relname::text, day_end FROM (
                SELECT c.relname, ((to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'utc') AS day_end
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = $2::regclass AND c.relname ~ ('^' || $2 || '_[0-9]{8}$')) days
            WHERE day_end <= now() - $1 * interval '1 microsecond' ORDER BY day_end
            """,
            [.int64(age.microseconds), .text(table)])
        return try rows.map { (try $0.text(0), try $0.timestamp(1)) }
    }

    /// When all that lies in the default partition is old: the end of it. Nil when some of it is young, or nothing is there.
    func endOfDefault(olderThan age: Duration) async throws -> Int64? {
        let rows = try await pool.query("SELECT max(at), max(at) <= now() - $1 * interval '1 microsecond' FROM \(table)_default", [.int64(age.microseconds)])
        guard let row = rows.first, let last = try row.optionalTimestamp(0), try row.bool(1) else { return nil }
        return last + 1
    }

    /// Locks a partition that is to go, in the transaction that removes it.
    static func lock(_ name: String, term: LeaderTerm, on connection: PostgresConnection) async throws {
        let leads = try await connection.query(
            "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
        guard !leads.isEmpty else { throw LedgerError.termLost }
        // Whoever waits for this lock has all writers of the table waiting behind him.
        _ = try await connection.query("SET LOCAL lock_timeout = '500ms'")
        _ = try await connection.query("LOCK TABLE \(name) IN EXCLUSIVE MODE")
    }
}
