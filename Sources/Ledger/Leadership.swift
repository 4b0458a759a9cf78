package import Postgres
import Primitives

/// A spell of leadership: every write that only a leader may do names it and is refused when it has passed to another.
package struct LeaderTerm: Sendable, Equatable {
    package var name: String
    package var holder: String
    package var term: Int64

    var parameters: [PostgresValue] { [.text(name), .text(holder), .int64(term)] }
}

/// One leader among any number of schedulers: a row with an expiry, renewed by beats. No session state, so it works behind a transaction pooler;
/// no client's clock, so a scheduler whose clock is off cannot keep or take the lead by it.
package struct Leadership: Sendable {
    private let pool: PostgresPool
    private let name: String
    private let holder: String
    private let lease: Duration

    package init(pool: PostgresPool, name: String = "scheduler", holder: String, lease: Duration = .seconds(4)) {
        self.pool = pool
        self.name = name
        self.holder = holder
        self.lease = lease
    }

    /// Takes or renews the lead. Nil while somebody else has it. A renewal keeps the term, a change of holder raises it.
    package func claim() async throws -> LeaderTerm? {
        let rows = try await pool.query(
            """
            INSERT INTO leaders AS l (name, holder, term, expires_at) VALUES ($1, $2, 1, now() + $3 * interval '1 microsecond')
            ON CONFLICT (name) DO UPDATE SET
                holder = excluded.holder, expires_at = excluded.expires_at,
                term = l.term + (l.holder <> excluded.holder)::int
            WHERE l.holder = excluded.holder OR l.expires_at < now()
            RETURNING term
            """,
            [.text(name), .text(holder), .int64(lease.microseconds)])
        return try rows.first.map { LeaderTerm(name: name, holder: holder, term: try $0.int64(0)) }
    }

    /// Renews the lead beside work that may take longer than its lease; the work is cancelled when the lead is gone.
    package func whileRenewing<Result: Sendable>(
        _ term: LeaderTerm, every pause: Duration, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try await Task.sleep(for: pause)
                    guard try await claim() == term else { throw LedgerError.termLost }
                }
            }
            defer { group.cancelAll() }
            guard let result = try await group.next(), let result else { throw LedgerError.termLost }
            return result
        }
    }

    /// Lets another one lead at once.
    package func resign(_ term: LeaderTerm) async throws {
        _ = try await pool.query(
            "UPDATE leaders SET expires_at = now() - interval '1 second' WHERE name = $1 AND holder = $2 AND term = $3", term.parameters)
    }

    /// The newest epoch of every shard.
    package func epochs() async throws -> [String: Int64] {
        var epochs: [String: Int64] = [:]
        for row in try await pool.query("SELECT shard, epoch FROM index_epochs") { epochs[try row.text(0)] = try row.int64(1) }
        return epochs
    }

    /// The next epoch of a shard's index; only the leader gets one.
    package func nextEpoch(of shard: String, term: LeaderTerm) async throws -> Int64 {
        let rows = try await pool.query(
            """
            INSERT INTO index_epochs AS e (shard, epoch)
            SELECT $4, 1 WHERE EXISTS (SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now())
            ON CONFLICT (shard) DO UPDATE SET epoch = e.epoch + 1
            RETURNING epoch
            """,
            term.parameters + [.text(shard)])
        guard let row = rows.first else { throw LedgerError.termLost }
        return try row.int64(0)
    }
}
