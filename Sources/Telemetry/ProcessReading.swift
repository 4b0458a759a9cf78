import FoundationEssentials
import Glibc

/// What Prometheus' own clients tell of a process, from `/proc`, at each scrape. What cannot be read is left out.
package enum ProcessReading {
    package static func read(into reading: inout ScrapeReading) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let time = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
            reading.counter("process_cpu_seconds_total", Double(time) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6)
        }
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        if let sizes = numbers(in: text("/proc/self/statm")), sizes.count >= 2 {
            reading.gauge("process_virtual_memory_bytes", sizes[0] * page)
            reading.gauge("process_resident_memory_bytes", sizes[1] * page)
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // The folder itself was open while it was read.
            reading.gauge("process_open_fds", Double(max(0, open.count - 1)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { reading.gauge("process_max_fds", Double(limit.rlim_cur)) }
        if let startTime { reading.gauge("process_start_time_seconds", startTime) }
    }

    /// Seconds since 1970: the boot's, and the ticks after it at which the process began.
    private static let startTime: Double? = {
        guard let boot = text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst(6)) }),
            let stat = text("/proc/self/stat"), let close = stat.lastIndex(of: ")")
        else { return nil }
        // The name before the bracket may hold blanks; after it the state is the third field, the start the twenty-second.
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private static func numbers(in text: String?) -> [Double]? {
        text?.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Double($0) }
    }
}
