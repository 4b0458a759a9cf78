package import LocalStack

/// One private Redis for the whole test process, started when first asked for; it ends with the process, however that ends.
package enum TestRedis {
    private static let started = Once { () async throws(LocalStackError) in try await launch() }

    package static func shared() async throws(LocalStackError) -> RedisServer { try await started.value() }

    /// One of your own, for a test that stops, pauses or empties it. Close it at the end; what is forgotten ends with the process.
    package static func exclusive(_ options: RedisServer.Options = .forTests) async throws(LocalStackError) -> RedisServer {
        try await launch(options)
    }

    private static func launch(_ options: RedisServer.Options = .forTests) async throws(LocalStackError) -> RedisServer {
        try await RedisServer.start(in: folderOfTheProcess(), options: options)
    }
}

/// One private PostgreSQL for the whole test process, and as many databases on it as tests ask for.
package enum TestPostgres {
    private static let started = Once { () async throws(LocalStackError) in try await launch() }

    package static func shared() async throws(LocalStackError) -> PostgresServer { try await started.value() }

    /// The URL of a new database: empty, or a copy of `template`, to which nobody may be connected.
    package static func freshDatabase(template: String? = nil) async throws(LocalStackError) -> String {
        let server = try await shared()
        let name = namespace()
        let copied = template.map { " TEMPLATE \"\($0)\"" } ?? ""
        _ = try await server.psql("CREATE DATABASE \(name)\(copied)", database: "postgres")
        return server.url(database: name)
    }

    /// One of your own, for a test that stops or pauses it. Close it at the end; what is forgotten ends with the process.
    package static func exclusive(_ options: PostgresServer.Options = .forTests) async throws(LocalStackError) -> PostgresServer {
        try await launch(options)
    }

    /// What psql prints for the statements, bare: a row a line, `|` between columns. For a database of the shared server.
    package static func psql(_ url: String, _ sql: String) async throws(LocalStackError) -> String {
        let path = url.dropFirst("postgres://voicera@/".count)
        return try await shared().psql(sql, database: String(path.prefix { $0 != "?" }))
    }

    private static func launch(_ options: PostgresServer.Options = .forTests) async throws(LocalStackError) -> PostgresServer {
        try await PostgresServer.start(in: folderOfTheProcess(), options: options)
    }
}

/// A server outlives the test that started it: its folder goes when the process does.
private func folderOfTheProcess() throws(LocalStackError) -> String {
    let folder = try makeTemporaryFolder("/tmp/voicera-test-")
    try ParentGuard.remove(folder)
    return folder
}
