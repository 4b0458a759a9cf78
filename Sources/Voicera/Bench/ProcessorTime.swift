import Foundation
import Glibc

/// Processor time used so far, in microseconds: ours, and the stores' by their names.
struct ProcessorTime {
    var own: Int64
    var byStore: [String: Int64]

    var stores: Int64 { byStore.values.reduce(0, +) }

    static func now(stores pids: [String: Int32]) -> ProcessorTime {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let own = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Int64($1.tv_sec) * 1_000_000 + Int64($1.tv_usec) }
        return ProcessorTime(own: own, byStore: pids.mapValues { used(byFamilyOf: $0) })
    }

    static func - (left: ProcessorTime, right: ProcessorTime) -> ProcessorTime {
        ProcessorTime(
            own: left.own - right.own, byStore: left.byStore.merging(right.byStore) { $0 - $1 })
    }

    /// Of a process, its descendants and those that they have reaped.
    static func used(byFamilyOf pid: Int32) -> Int64 {
        used(by: pid) + reaped(by: pid) + children(of: pid).reduce(0) { $0 + used(byFamilyOf: $1) }
    }

    /// Of a process without its children, to the nanosecond of every living thread.
    static func used(by pid: Int32) -> Int64 {
        threads(of: pid).reduce(0) { $0 + (numbers(in: "/proc/\(pid)/task/\($1)/schedstat").first ?? 0) / 1000 }
    }

    static func threads(of pid: Int32) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? [] }

    static func numbers(in file: String) -> [Int64] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
    }

    private static func children(of pid: Int32) -> [Int32] {
        threads(of: pid).flatMap { numbers(in: "/proc/\(pid)/task/\($0)/children").map { Int32($0) } }
    }

    /// Counted by the kernel in ticks of 10 ms.
    private static func reaped(by pid: Int32) -> Int64 {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Int64($0) ?? 0 }
        return fields.count > 14 ? (fields[13] + fields[14]) * 10_000 : 0
    }
}
