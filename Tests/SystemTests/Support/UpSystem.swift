import Foundation
import Glibc
import LocalStack
import TestSupport

/// `voicera up` on a data folder, as a newcomer starts it. Its servers outlive it on purpose: `cleanUp` ends what is left.
final class UpSystem {
    struct Run: Decodable {
        var baseUrl: String
        var workspaceId: String
        var apiKey: String
        var databaseUrl: String
        var redisUrl: String
        var pids: [String: Int32]
    }

    let folder: TemporaryDirectory
    private(set) var process: ChildProcess
    private(set) var run: Run
    private var seen: Set<Int32> = []

    var data: String { folder.path + "/data" }
    var client: Client { Client(baseURL: run.baseUrl, key: run.apiKey) }

    init() async throws {
        folder = try TemporaryDirectory()
        (process, run) = try await Self.start(folder.path + "/data")
        seen.formUnion(run.pids.values)
    }

    /// Another `up` on the same folder.
    func startAgain() async throws {
        (process, run) = try await Self.start(data)
        seen.formUnion(run.pids.values)
    }

    private static func start(_ data: String) async throws -> (ChildProcess, Run) {
        let process = try ChildProcess.voicera(
            "up", "--data", data, "--listen", "127.0.0.1:0",
            environment: [
                "VOICERA_ALLOW_TARGETS": "127.0.0.0/8", "DATABASE_URL": nil, "REDIS_URL": nil, "VOICERA_SECRET_KEY": nil, "VOICERA_FAULT_POINT": nil,
            ])
        try await process.waitForLine(containing: "ready: ", within: .seconds(60))
        return (process, try JSONDecoder().decode(Run.self, from: Data(contentsOf: URL(filePath: data + "/run.json"))))
    }

    static func isRunning(_ pid: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = status.lastIndex(of: ")") else {
            return false
        }
        return !status[close...].hasPrefix(") Z")
    }

    /// Ends, by its pid, whatever a failed test has left running.
    func cleanUp() {
        if process.isRunning { process.kill() }
        for pid in seen where Self.isRunning(pid) { Glibc.kill(pid, SIGKILL) }
    }
}
