/// Something that a client must not get away with.
struct BadInput: Sendable {
    enum Ending: Sendable {
        /// A 4xx problem.
        case refused
        /// A 4xx problem that names what is wrong.
        case named
        /// It is no HTTP: a 4xx, or the end of the connection.
        case refusedOrClosed
    }

    var name: String
    var bytes: [UInt8]
    var ending = Ending.refused
    /// Of the one status that fits, when there is only one.
    var status: Int?
    var endsSending = false
}

/// Writes requests as a client with a key does.
struct RequestText: Sendable {
    let key: String

    func bytes(_ method: String, _ path: String, headers: [(String, String)] = [], type: String? = "application/json", body: [UInt8]? = nil) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: voicera.test\r\nConnection: close\r\nAuthorization: Bearer \(key)\r\n"
        if let body {
            if let type { head += "Content-Type: \(type)\r\n" }
            head += "Content-Length: \(body.count)\r\n"
        }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }

    func post(_ path: String, _ body: String) -> [UInt8] { bytes("POST", path, body: Array(body.utf8)) }
    func get(_ path: String, headers: [(String, String)] = []) -> [UInt8] { bytes("GET", path, headers: headers) }
}
