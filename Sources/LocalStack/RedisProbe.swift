import Glibc

/// The few words of RESP it takes to see whether a Redis answers, and which process it is.
enum RedisProbe {
    /// The server's pid when it answers and has its data loaded, nil otherwise.
    static func pid(socket path: String) async -> Int32? {
        await offPool {
            guard ask("PING\r\n", socket: path)?.hasPrefix("+PONG") == true,
                let information = ask("INFO server\r\n", socket: path)
            else { return nil }
            let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
            return line.flatMap { Int32($0.dropFirst("process_id:".count)) }
        }
    }

    private static func ask(_ command: String, socket path: String) -> String? {
        let connection = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { return nil }
        defer { close(connection) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        guard connectUnix(connection, path), command.withCString({ send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }) > 0 else { return nil }
        // INFO's one section is well under this, and arrives in one piece on a unix socket.
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(connection, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func connectUnix(_ connection: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            guard path.utf8.count < field.count else { return false }
            field.copyBytes(from: path.utf8)
            return true
        }
        return fits
            && withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 }
            }
    }
}
