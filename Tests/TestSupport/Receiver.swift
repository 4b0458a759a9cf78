import Foundation
import Glibc
import Synchronization

/// A webhook receiver over plain sockets on 127.0.0.1: each connection has its thread and does what the test says, well-behaved or not.
package final class Receiver: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var connections = 0
        var requests: [Connection.Request] = []
        var open: Set<Int32> = []
        var isStopped = false
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    package var connections: Int { state.withLock { $0.connections } }
    package var requests: [Connection.Request] { state.withLock { $0.requests } }

    /// - Parameter backlog: Connections the system accepts by itself; nothing is accepted here when `serve` is nil.
    package init(backlog: Int32 = 1024, serve: (@Sendable (Connection) -> Void)?) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, backlog) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        precondition(isBound, "no port for a receiver")
        port = UInt16(bigEndian: address.sin_port)
        guard let serve else { return }
        // Ends when `stop` shuts the listener down.
        Self.thread { self.accept(serve) }
    }

    /// Answers every request alike and keeps the connection.
    package convenience init(answer: String) {
        self.init { connection in
            while connection.readRequest() != nil { connection.write(answer) }
        }
    }

    package func url(_ path: String = "/", host: String = "127.0.0.1", scheme: String = "http") -> String { "\(scheme)://\(host):\(port)\(path)" }

    /// Returns when that many requests have come.
    package func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count < count { state.waiters.append((count, continuation)) }
                return state.requests.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    package func stop() {
        let open = state.withLock { state in
            state.isStopped = true
            return state.open
        }
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    deinit { close(listener) }

    private func accept(_ serve: @escaping @Sendable (Connection) -> Void) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            // A child process of another test would keep the connection open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let isStopped = state.withLock { state in
                state.connections += 1
                state.open.insert(descriptor)
                return state.isStopped
            }
            if isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
            Self.thread { [self] in
                serve(Connection(descriptor) { request in self.note(request) })
                _ = state.withLock { $0.open.remove(descriptor) }
                close(descriptor)
            }
        }
    }

    private func note(_ request: Connection.Request) {
        let ready = state.withLock { state in
            state.requests.append(request)
            let count = state.requests.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.stackSize = 256 * 1024
        thread.start()
    }
}
