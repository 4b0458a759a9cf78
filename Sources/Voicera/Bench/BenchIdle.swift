import Foundation
import Primitives

/// A `voicera up` of its own with nothing to do.
enum BenchIdle {
    static let columns = ["processor %", "stores %", "resident MB", "wake-ups/s"]

    static func measure(seconds: Int, in folder: String) async throws -> [Double] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["up", "--data", folder + "/idle", "--listen", "127.0.0.1:0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        while let chunk = try output.fileHandleForReading.read(upToCount: 4096), !String(decoding: chunk, as: UTF8.self).contains("ready:") {}
        // What a start leaves behind: connections, the first rebuild, the first housekeeping.
        try await Task.sleep(for: .seconds(10))
        let pid = process.processIdentifier
        let family = { ProcessorTime.used(byFamilyOf: pid) - own(pid) }
        let before = (own: own(pid), family: family(), switches: switches(of: pid))
        try await Task.sleep(for: .seconds(seconds))
        let time = Double(seconds) * 10_000
        return [
            Double(own(pid) - before.own) / time, Double(family() - before.family) / time, resident(pid),
            Double(switches(of: pid) - before.switches) / Double(seconds),
        ]
    }

    /// Microseconds of the process without its children, to the nanosecond of every thread.
    private static func own(_ pid: Int32) -> Int64 {
        threads(of: pid).reduce(0) { sum, thread in
            sum + (numbers(in: "/proc/\(pid)/task/\(thread)/schedstat").first ?? 0) / 1000
        }
    }

    /// Times that a thread had waited and was woken.
    private static func switches(of pid: Int32) -> Int64 {
        threads(of: pid).reduce(0) { sum, thread in
            let status = (try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line?.split(whereSeparator: \.isWhitespace).last.flatMap { Int64($0) } ?? 0)
        }
    }

    private static func threads(of pid: Int32) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? [] }

    private static func resident(_ pid: Int32) -> Double {
        let pages = numbers(in: "/proc/\(pid)/statm")
        return pages.count > 1 ? Double(pages[1]) * 4096 / 1_048_576 : 0
    }

    private static func numbers(in file: String) -> [Int64] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
    }
}
