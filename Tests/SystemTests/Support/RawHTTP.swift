import Dispatch
import Glibc

/// Speaks to a server to the byte, over a connection of its own for each exchange: what no HTTP client would send.
struct RawHTTP: Sendable {
    struct Answer: Sendable {
        /// 0 when the connection ended without an answer.
        var status = 0
        var head = ""
        var body = ""
    }

    let port: UInt16

    /// Sends the parts and reads until the server closes.
    /// - Parameters:
    ///   - endsSending: whether our side is closed after the last part; else the server has to end a request that never gets whole.
    ///   - seconds: after which silence is an answer of -1.
    func send(_ bytes: [UInt8], endsSending: Bool = false, within seconds: Int = 30) async -> Answer {
        await withCheckedContinuation { continuation in
            // Blocking calls belong on no task's thread.
            DispatchQueue.global().async { continuation.resume(returning: exchange(bytes, endsSending, seconds)) }
        }
    }

    private func exchange(_ bytes: [UInt8], _ endsSending: Bool, _ seconds: Int) -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return Answer(status: -1) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { return Answer(status: -1) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, min($0.count, 1 << 16), Int32(MSG_NOSIGNAL)) }
            // A server that has seen enough closes: what it said is still to be read.
            if count <= 0 { break }
            sent += count
        }
        if endsSending { shutdown(descriptor, Int32(SHUT_WR)) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while received.count < 1 << 22 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { break }
            if count < 0 { return errno == EAGAIN ? Answer(status: -1) : Self.parse(received) }
            received += buffer[..<count]
        }
        return Self.parse(received)
    }

    private static func parse(_ bytes: [UInt8]) -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 "), let status = Int(text.dropFirst(9).prefix(3)), let end = text.range(of: "\r\n\r\n") else { return Answer() }
        return Answer(status: status, head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
    }
}

extension StringProtocol {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
