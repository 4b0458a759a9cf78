import FoundationEssentials
import Glibc

/// Where the two servers' programs are on this machine.
package struct ServerBinaries: Sendable {
    package let redisServer: String
    /// The folder with `postgres`, `initdb`, `psql` and `pg_isready`, all of one version.
    package let postgresFolder: String

    package static func find() async throws(LocalStackError) -> ServerBinaries {
        ServerBinaries(redisServer: try redisServer(), postgresFolder: try await postgresFolder())
    }

    static func redisServer(searchPath: [String] = standardSearchPath()) throws(LocalStackError) -> String {
        for folder in searchPath where isProgram("\(folder)/redis-server") { return "\(folder)/redis-server" }
        throw LocalStackError(.missingBinary, "redis-server is not installed. On Debian and Ubuntu: apt-get install redis-server")
    }

    /// - Parameter major: the version that made an existing data folder; its own programs come first.
    static func postgresFolder(
        major: String? = nil, packaged: String = "/usr/lib/postgresql", searchPath: [String] = standardSearchPath()
    ) async throws(LocalStackError) -> String {
        var candidates: [String] = []
        if let major { candidates.append("\(packaged)/\(major)/bin") }
        if let configuration = searchPath.map({ "\($0)/pg_config" }).first(where: isProgram) {
            let answer = try await Command.run(configuration, ["--bindir"], within: .seconds(5))
            candidates.append(String(answer.output.prefix { $0 != "\n" }))
        }
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: packaged)) ?? []
        candidates += versions.compactMap(Int.init).sorted(by: >).map { "\(packaged)/\($0)/bin" }
        candidates += searchPath
        for folder in candidates where ["postgres", "initdb", "psql", "pg_isready"].allSatisfy({ isProgram("\(folder)/\($0)") }) { return folder }
        throw LocalStackError(.missingBinary, "the PostgreSQL server is not installed. On Debian and Ubuntu: apt-get install postgresql")
    }

    static func standardSearchPath() -> [String] {
        let path = processEnvironment()["PATH"] ?? ""
        // A service or a cron job may run with next to no PATH.
        return path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin"]
    }

    static func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
