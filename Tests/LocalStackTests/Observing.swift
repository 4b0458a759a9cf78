import FoundationEssentials
import LocalStack
import TestSupport

let redisCLI = "/usr/bin/redis-cli"

/// The lines that redis-cli prints for one command.
func ask(_ redis: RedisServer, _ words: String...) async throws -> [String] {
    let child = try ChildProcess(redisCLI, ["-s", redis.socketPath] + words)
    _ = try await child.wait()
    return child.outputLines
}

/// The letter that the kernel gives for it ("T" is stopped, "Z" a zombie), nil when there is no such process.
func processState(_ pid: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: close)...].split(separator: " ").first.map(String.init)
}

func isAlive(_ pid: Int32) -> Bool { processState(pid).map { $0 != "Z" } ?? false }

func exists(_ path: some StringProtocol) -> Bool { FileManager.default.fileExists(atPath: String(path)) }
