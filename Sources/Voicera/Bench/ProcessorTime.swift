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

    /// Of a process, its children and those that it has reaped.
    static func used(byFamilyOf pid: Int32) -> Int64 {
        (ticks(of: pid, withReaped: true) + children(of: pid).reduce(0) { $0 + ticks(of: $1, withReaped: false) }) * 10_000
    }

    private static func children(of pid: Int32) -> [Int32] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }

    /// Clock ticks of 10 ms: user and system.
    private static func ticks(of pid: Int32, withReaped: Bool) -> Int64 {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Int64($0) ?? 0 }
        guard fields.count > 14 else { return 0 }
        return fields[11] + fields[12] + (withReaped ? fields[13] + fields[14] : 0)
    }
}
