import Glibc

/// A private PostgreSQL on a unix socket in a folder of its own, with one superuser and one database, both named `voicera`; it listens on no port.
package final class PostgresServer: Sendable {
    package struct Options: Sendable {
        package var lifetime: ServerLifetime
        /// Survives the loss of the machine, not only of the process. Without it `fsync` is off, which `kill -9` does not notice.
        package var isDurable: Bool
        /// Settings by name, over the ones made here: `["max_prepared_transactions": "10"]`.
        package var settings: [String: String]
        package var startLimit: Duration

        package init(lifetime: ServerLifetime, isDurable: Bool, settings: [String: String] = [:], startLimit: Duration = .seconds(30)) {
            self.lifetime = lifetime
            self.isDurable = isDurable
            self.settings = settings
            self.startLimit = startLimit
        }

        package static let durable = Options(lifetime: .persistent, isDurable: true)
        package static let forTests = Options(lifetime: .boundToParent, isDurable: false)
    }

    private let server: RunningServer
    private let cluster: PostgresCluster
    private let options: Options

    /// Makes the data folder when there is none, and returns when the database `voicera` takes connections.
    /// A persistent one that still runs in the folder is taken over.
    package static func start(in directory: String, options: Options = .durable) async throws(LocalStackError) -> PostgresServer {
        let server = try RunningServer("PostgreSQL", in: directory, lifetime: options.lifetime, startLimit: options.startLimit)
        let cluster = try await PostgresCluster(in: server.folder, isDurable: options.isDurable)
        let postgres = PostgresServer(server: server, cluster: cluster, options: options)
        let adopted = try await server.adopt(pidFile: cluster.data + "/postmaster.pid", home: cluster.data) { () async throws(LocalStackError) in
            try await cluster.answers()
        }
        if !adopted { try await postgres.launch() }
        try await cluster.ensureDatabase()
        return postgres
    }

    private init(server: RunningServer, cluster: PostgresCluster, options: Options) {
        self.server = server
        self.cluster = cluster
        self.options = options
    }

    /// `postgres://voicera@/voicera?host=/folder`; stays the same over restarts.
    package var url: String { url(database: "voicera") }

    package func url(database: String) -> String {
        "postgres://voicera@/\(percentEncoded(path: database))?host=\(percentEncoded(path: cluster.socketFolder))"
    }

    /// What the user should know about where and as whom it runs; mostly empty.
    package var notes: [String] { cluster.notes }
    /// The postmaster's; 0 while it is stopped.
    package var pid: Int32 { server.pid }
    package var isRunning: Bool { server.isRunning }

    /// A fast shutdown: open transactions are rolled back, everything is written. Harmless when it does not run.
    package func stop() async { await server.end(SIGINT, patience: .seconds(30)) }

    /// An immediate shutdown: the next start recovers from the log, as after a crash.
    package func stopImmediately() async { await server.end(SIGQUIT, patience: .seconds(10)) }

    /// `kill -9` of the postmaster; returns when its backends are gone too.
    package func kill() async { await server.end(SIGKILL, patience: .seconds(5)) }

    /// The postmaster alone: running sessions go on, new connections hang.
    package func pause() { server.signal(SIGSTOP) }
    package func resume() { server.signal(SIGCONT) }

    /// Starts it again on the same data under the same URL; stops it first when it runs.
    package func restart() async throws(LocalStackError) {
        await stop()
        try await launch()
    }

    /// Stops it for good and gives the folder free.
    package func close() async {
        await stop()
        server.folder.forget("socket", under: "/tmp")
        server.releaseFolder()
    }

    /// Gives the folder free while the server runs on in it, for another process to adopt.
    package func leaveRunning() { server.releaseFolder() }

    /// What `psql` prints for the statements, bare: a row a line, `|` between columns.
    package func psql(_ sql: String, database: String = "voicera") async throws(LocalStackError) -> String {
        try await cluster.psql(sql, database: database)
    }

    private func launch() async throws(LocalStackError) {
        let plan = cluster.serverPlan(settings: options.settings, lifetime: options.lifetime)
        try await server.launch(plan) { () async throws(LocalStackError) in try await cluster.answers() }
    }
}
