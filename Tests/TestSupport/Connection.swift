import Glibc

/// The receiver's end of one connection, blocking.
package struct Connection {
    package struct Request: Sendable {
        package let head: String
        package let body: [UInt8]

        package var line: String { String(head.prefix { $0 != "\r\n" }) }
        package func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix(name.lowercased() + ":") {
                return line.dropFirst(name.count + 1).drop { $0 == " " }.description
            }
            return nil
        }
    }

    private let descriptor: Int32
    private let note: (Request) -> Void

    init(_ descriptor: Int32, note: @escaping (Request) -> Void) {
        self.descriptor = descriptor
        self.note = note
    }

    /// The next request with its whole body; nil when the peer has closed.
    package func readRequest() -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            if let end = bytes.firstRange(of: [13, 10, 13, 10]) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let length = Request(head: head, body: []).header("content-length").flatMap { Int($0) } ?? 0
                if bytes.count >= end.upperBound + length {
                    let request = Request(head: head, body: Array(bytes[end.upperBound..<(end.upperBound + length)]))
                    note(request)
                    return request
                }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// False when the peer has closed.
    @discardableResult
    package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Says nothing until the peer gives up.
    package func waitForClose() {
        var buffer = [UInt8](repeating: 0, count: 1024)
        while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
    }

    /// True when the peer has closed within the time.
    package func isClosed(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }

    /// The next close sends a reset instead of an orderly end.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }
}
