import Dispatch
import FoundationEssentials
import Glibc

/// Our own environment, as it was when the process began.
package func processEnvironment() -> [String: String] { ProcessInfo.processInfo.environment }

func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// A connected pair that no program we run inherits. A socket and not a pipe: writing to a dead peer is an error then, not a SIGPIPE.
func socketPair() throws(LocalStackError) -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
        throw LocalStackError(.startFailed, "cannot make a socket pair: \(systemMessage())")
    }
    return (ends[0], ends[1])
}

/// Every file descriptor of this process.
func openDescriptors() -> [Int32] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return (names ?? []).compactMap { Int32($0) }
}

/// The words as a null-terminated array of C strings, valid inside the closure only.
func withCStrings<Result>(_ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}

/// Runs a call that blocks (for a bounded time) away from the cooperative threads.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "voicera.blocking").async { continuation.resume(returning: work()) }
    }
}

/// Asks until the answer is yes or the time is up; false when it is up.
func poll(within limit: Duration, every pause: Duration = .milliseconds(10), _ condition: () async -> Bool) async throws(LocalStackError) -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if await condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        do { try await Task.sleep(for: pause) } catch { throw LocalStackError(.cancelled, "cancelled while waiting") }
    }
}

/// The path with everything percent-encoded that has a meaning in a URL.
func percentEncoded(path: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in path.utf8 {
        if plain.contains(byte) { bytes.append(byte) } else { bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Like ``poll(within:every:_:)``, but a cancelled task waits too: for endings that must not be left half done.
func pollUncancelled(within limit: Duration, _ condition: @Sendable () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        await offPool { _ = usleep(5000) }
    }
    return true
}
