internal import Primitives

/// Where the server is, and the bounds within which it is used.
package struct PostgresConfiguration: Sendable {
    /// Handed to libpq as it is: hosts, `?host=/socket/folder`, `sslmode`, `options` and the rest keep libpq's meaning.
    let url: Redacted<String>
    let password: Redacted<String>
    /// User, host, port and database, for logs.
    package let address: String

    package var maxConnections = 10
    /// Over all hosts of the URL together. A name server that does not answer is bounded by the resolver's own settings instead.
    package var connectTimeout: Duration = .seconds(5)
    /// Set on every session; a server that is silent for a few seconds longer counts as lost.
    package var statementTimeout: Duration = .seconds(30)
    /// How long a caller waits for its turn.
    package var acquireTimeout: Duration = .seconds(5)
    /// False sends unnamed statements only, as a pooler in transaction mode needs it. The session's timeout is then set per transaction.
    package var usesPreparedStatements = true
    /// Shown in `pg_stat_activity`, unless the URL names one.
    package var applicationName = "voicera"
    /// Connections unused for longer are closed, except for one.
    package var idleTimeout: Duration = .seconds(60)
    /// How often unused connections are asked for a sign of life.
    package var healthCheckInterval: Duration = .seconds(10)

    /// - Parameter url: `postgres://` or `postgresql://`, special characters percent-encoded.
    package init(url: String) throws(PostgresError) {
        let target = try ConnectionTarget(url: url)
        self.url = Redacted(url)
        password = Redacted(target.password)
        address = target.address
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    package var description: String { address }
    package var customMirror: Mirror { Mirror(reflecting: address) }
}
