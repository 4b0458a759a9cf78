import FoundationEssentials
import Glibc

/// A running server: a child of ours, or one that an earlier process of ours left behind.
enum ServerProcess: Sendable {
    case spawned(SpawnedProcess)
    case adopted(ProcessIdentity)

    var pid: Int32 {
        switch self {
        case .spawned(let process): process.pid
        case .adopted(let identity): identity.pid
        }
    }

    var isRunning: Bool {
        switch self {
        case .spawned(let process): process.ending == nil
        case .adopted(let identity): identity.isRunning
        }
    }

    func signal(_ number: Int32) {
        switch self {
        case .spawned(let process): process.signal(number)
        case .adopted(let identity): if identity.isRunning { kill(identity.pid, number) }
        }
    }

    /// Asks it to end, and after `patience` no longer asks. Returns when it is gone, children included.
    /// Not cut short by cancellation: half a stop is worse than a late one.
    func end(_ signal: Int32, patience: Duration) async {
        let children = ProcessIdentity.children(of: pid)
        self.signal(signal)
        // A paused server would keep the signal for later.
        self.signal(SIGCONT)
        if await !isGone(within: patience) {
            self.signal(SIGKILL)
            _ = await isGone(within: .seconds(5))
        }
        // The backends of a killed postmaster notice by themselves; a new one refuses to start while they still hold the shared memory.
        _ = await pollUncancelled(within: .seconds(5)) { children.allSatisfy { !$0.isRunning } }
        for child in children where child.isRunning { kill(child.pid, SIGKILL) }
    }

    private func isGone(within limit: Duration) async -> Bool { await pollUncancelled(within: limit) { !isRunning } }
}

/// A pid together with the time its process began, which tells it from a later process with the same number.
struct ProcessIdentity: Sendable, Equatable {
    let pid: Int32
    private let began: String

    /// Nil when there is no such process.
    init?(pid: Int32) {
        guard pid > 1, let status = Self.status(of: pid) else { return nil }
        self.pid = pid
        began = status.began
    }

    var isRunning: Bool {
        guard let status = Self.status(of: pid) else { return false }
        return status.began == began && status.state != "Z" && status.state != "X"
    }

    func isIn(folder: String) -> Bool {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
        guard count > 0, let resolved = realpath(folder, nil) else { return false }
        defer { free(resolved) }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) == String(cString: resolved)
    }

    static func children(of pid: Int32) -> [ProcessIdentity] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }.compactMap(ProcessIdentity.init(pid:))
    }

    private static func status(of pid: Int32) -> (state: Substring, began: String)? {
        // "pid (any name) state ppid …": the fields are counted after the last parenthesis, since a name may hold blanks.
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19 else { return nil }
        return (fields[0], String(fields[19]))
    }
}
