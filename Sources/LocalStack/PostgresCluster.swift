import FoundationEssentials
import Glibc

/// One data folder of PostgreSQL and the programs that belong to it.
struct PostgresCluster: Sendable {
    let data: String
    let socketFolder: String
    let notes: [String]
    private let programs: String
    private let user: ServerUser?
    private let isDurable: Bool

    init(in folder: ServerFolder, isDurable: Bool) async throws(LocalStackError) {
        self.isDurable = isDurable
        user = try ServerUser.needed()
        var place = folder.path
        var socketPlace = try folder.socketFolder(owners: [geteuid(), user?.uid ?? geteuid()])
        var notes: [String] = []
        if let user {
            notes.append("PostgreSQL runs as the user \(user.name), as it refuses root.")
            try user.own(place)
            if socketPlace != place { try user.own(socketPlace) }
            if try await !user.canUse(place) {
                let base = folder.lifetime == .persistent ? "/var/lib/voicera" : "/tmp"
                if base != "/tmp" { try makeFolder(base, mode: 0o755) }
                let other = try folder.elsewhere("data", under: base, owners: [geteuid(), user.uid])
                notes.append("That user cannot reach \(place): its data is in \(other).")
                try user.own(other)
                if socketPlace == place { socketPlace = other }
                place = other
            }
        }
        data = place + "/data"
        socketFolder = socketPlace
        self.notes = notes
        let version = try? String(contentsOfFile: data + "/PG_VERSION", encoding: .utf8)
        programs = try await ServerBinaries.postgresFolder(major: version.map { String($0.prefix { !$0.isNewline }) })
        if version == nil { try await create() }
    }

    func serverPlan(settings: [String: String], lifetime: ServerLifetime) -> SpawnedProcess.Plan {
        var all = [
            "listen_addresses": "", "unix_socket_directories": socketFolder, "unix_socket_permissions": "0700", "max_connections": "200",
            "shared_buffers": isDurable ? "256MB" : "64MB", "fsync": isDurable ? "on" : "off", "logging_collector": "off",
        ]
        all.merge(settings) { $1 }
        let arguments = ["-D", data] + all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let command = asUser(programs + "/postgres", arguments)
        var plan = SpawnedProcess.Plan(command.program, command.arguments, environment: Self.environment)
        plan.endWithParent = lifetime == .boundToParent ? SIGQUIT : nil
        return plan
    }

    /// Whether it takes connections now: not while it starts, recovers or stops.
    func answers() async throws(LocalStackError) -> Bool {
        // Without the socket there is nothing to ask, and a program less to start.
        guard access(socketFolder + "/.s.PGSQL.5432", F_OK) == 0 else { return false }
        let arguments = ["-q", "-h", socketFolder, "-U", "voicera", "-d", "postgres", "-t", "3"]
        do throws(LocalStackError) {
            return try await Command.run(programs + "/pg_isready", arguments, environment: Self.environment, within: .seconds(10)).succeeded
        } catch where error.code == .commandFailed {
            // The machine is too busy for an answer: whoever asks has a limit of his own.
            return false
        }
    }

    func ensureDatabase() async throws(LocalStackError) {
        let found = try await psql("SELECT 1 FROM pg_database WHERE datname = 'voicera'", database: "postgres")
        if found.isEmpty { _ = try await psql("CREATE DATABASE voicera", database: "postgres") }
    }

    func psql(_ sql: String, database: String) async throws(LocalStackError) -> String {
        let arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socketFolder, "-U", "voicera", "-d", database, "-c", sql]
        let result = try await Command.run(programs + "/psql", arguments, environment: Self.environment, within: .seconds(60))
        guard result.succeeded else { throw LocalStackError(.commandFailed, "psql failed", logTail: result.errors) }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Under another name first: a folder called `data` is a whole one, also when we are killed meanwhile.
    private func create() async throws(LocalStackError) {
        let draft = data + ".new"
        for leftover in [draft, data] { try? FileManager.default.removeItem(atPath: leftover) }
        let arguments =
            ["-D", draft, "-U", "voicera", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"] + (isDurable ? [] : ["--no-sync"])
        let command = asUser(programs + "/initdb", arguments)
        let result = try await Command.run(command.program, command.arguments, environment: Self.environment, within: .seconds(120))
        guard result.succeeded else { throw LocalStackError(.commandFailed, "initdb failed", logTail: result.output + result.errors) }
        guard rename(draft, data) == 0 else { throw LocalStackError(.folder, "cannot make \(data): \(systemMessage())") }
    }

    private func asUser(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        user?.wrap(program, arguments) ?? (program, arguments)
    }

    /// Nothing of the user's own PostgreSQL may steer this one.
    private static let environment = processEnvironment().filter { !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("LC_") && $0.key != "LANG" }
}
