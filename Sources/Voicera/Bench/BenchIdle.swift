import Foundation
import Primitives

/// Processes with nothing to do: a `voicera up` of its own, then a `voicera worker` beside it on its stores.
enum BenchIdle {
    static let columns = ["processor %", "stores %", "resident MB", "wake-ups/s"]

    static func measure(seconds: Int, in folder: String) async throws -> [(name: String, figures: [Double])] {
        let data = folder + "/idle"
        let up = process(["up", "--data", data, "--listen", "127.0.0.1:0"])
        try up.run()
        defer { end(up) }
        while up.isRunning, !FileManager.default.fileExists(atPath: data + "/run.json") { try await Task.sleep(for: .milliseconds(50)) }
        let alone = try await figures(of: up.processIdentifier, stores: up.processIdentifier, seconds: seconds)
        let run = try JSONDecoder().decode(DataFolder.Run.self, from: try Data(contentsOf: URL(fileURLWithPath: data + "/run.json")))
        let worker = process(["worker"])
        worker.environment = ProcessInfo.processInfo.environment.merging([
            "DATABASE_URL": run.databaseUrl, "REDIS_URL": run.redisUrl,
            "VOICERA_SECRET_KEY": try Environment.value("VOICERA_SECRET_KEY") ?? String(contentsOfFile: data + "/secret.key", encoding: .utf8),
        ]) { $1 }
        try worker.run()
        defer { end(worker) }
        let beside = try await figures(of: worker.processIdentifier, stores: up.processIdentifier, seconds: seconds)
        return [("voicera up", alone), ("voicera worker beside it", beside)]
    }

    private static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    private static func end(_ process: Process) {
        process.terminate()
        process.waitUntilExit()
    }

    /// - Parameter parent: whose children the stores are.
    private static func figures(of pid: Int32, stores parent: Int32, seconds: Int) async throws -> [Double] {
        // What a start leaves behind: connections, the first rebuild, the first housekeeping.
        try await Task.sleep(for: .seconds(10))
        let stores = { ProcessorTime.used(byFamilyOf: parent) - ProcessorTime.used(by: parent) }
        let before = (own: ProcessorTime.used(by: pid), stores: stores(), switches: switches(of: pid))
        try await Task.sleep(for: .seconds(seconds))
        let time = Double(seconds) * 10_000
        return [
            Double(ProcessorTime.used(by: pid) - before.own) / time, Double(stores() - before.stores) / time, resident(pid),
            Double(switches(of: pid) - before.switches) / Double(seconds),
        ]
    }

    /// Times that a thread had waited and was woken.
    private static func switches(of pid: Int32) -> Int64 {
        ProcessorTime.threads(of: pid).reduce(0) { sum, thread in
            let status = (try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line?.split(whereSeparator: \.isWhitespace).last.flatMap { Int64($0) } ?? 0)
        }
    }

    private static func resident(_ pid: Int32) -> Double {
        let pages = ProcessorTime.numbers(in: "/proc/\(pid)/statm")
        return pages.count > 1 ? Double(pages[1]) * 4096 / 1_048_576 : 0
    }
}
