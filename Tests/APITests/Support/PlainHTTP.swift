import Dispatch
import Glibc

/// One request over a connection of its own, to the byte: no redirect is followed, no cookie kept, no header added.
enum PlainHTTP {
    struct Reply: Sendable, CustomStringConvertible {
        let status: Int
        let fields: [(name: String, value: String)]
        let body: String

        /// Nil when it is not there; the first when it is there twice.
        subscript(name: String) -> String? { fields.first { $0.name == name.lowercased() }?.value }
        var description: String { "\(status) \(fields) \(body)" }
    }

    struct Failure: Error {
        let operation: String
    }

    static func send(port: Int, _ request: String) async throws -> Reply {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try exchange(port, Array(request.utf8)) }) }
        }
    }

    private static func exchange(_ port: Int, _ request: [UInt8]) throws -> Reply {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket") }
        defer { close(descriptor) }
        // A server that says nothing fails the test that asked, not the whole run.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard isConnected == 0 else { throw Failure(operation: "connect") }
        var sent = 0
        while sent < request.count {
            let count = Glibc.send(descriptor, Array(request[sent...]), request.count - sent, Int32(MSG_NOSIGNAL))
            // The server may have said no before it read all.
            guard count > 0 else { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { throw Failure(operation: "no answer within 30 s after \(received.count) bytes") }
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return try parse(String(decoding: received, as: UTF8.self))
    }

    private static func parse(_ text: String) throws -> Reply {
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw Failure(operation: "no answer: \(text.prefix(100))") }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw Failure(operation: "status line") }
        let fields = lines.dropFirst().map { line in
            let sides = line.split(separator: ":", maxSplits: 1)
            return (name: sides[0].lowercased(), value: sides.count == 2 ? String(sides[1].trimmingPrefix { $0 == " " }) : "")
        }
        return Reply(status: status, fields: fields, body: String(text[end.upperBound...]))
    }
}
