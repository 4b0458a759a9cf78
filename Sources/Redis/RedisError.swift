package import Primitives

/// Why a command has no answer. `description` is safe to log: it names the command or the script, never an argument.
package struct RedisError: Error, Sendable {
    package enum Code: Sendable, Hashable {
        /// Nothing was written: not connected, or the connection went before the command's turn. Sending again is safe.
        case unavailable
        /// Written, and the connection ended before the answer.
        case connectionLost
        /// Written, and no answer within the deadline.
        case timeout
        /// The calling task was cancelled.
        case cancelled
        /// Too many commands, or bytes, are in flight; nothing was written.
        case overloaded
        /// Redis answered with an error; the first word of it, such as `WRONGTYPE`.
        case server(String)
        /// The URL, the TLS files or the command itself cannot be used.
        case configuration
        /// What came back is not the Redis protocol, or is larger than a reply may be. The connection is closed.
        case protocolViolation
        /// The client has been shut down; nothing was written.
        case closed
    }

    package let code: Code
    /// The command's or the script's name.
    package let operation: String
    /// Whether Redis may have executed the command although there is no answer.
    package let outcomeUnknown: Bool
    /// Our own words, safe to log.
    package let reason: String?
    /// The server's own words. They may quote arguments, so whoever takes them out decides where they go.
    package let serverMessage: Redacted<String>?

    init(_ code: Code, operation: String, outcomeUnknown: Bool = false, reason: String? = nil, serverMessage: String? = nil) {
        self.code = code
        self.operation = Self.loggable(operation)
        self.outcomeUnknown = outcomeUnknown
        self.reason = reason
        self.serverMessage = serverMessage.map { Redacted(String($0.prefix(512))) }
    }

    /// The error that an error reply means.
    init(reply message: String, operation: String) {
        let word = message.prefix { $0 != " " }
        let isCode =
            !word.isEmpty && word.utf8.count <= 32
            && word.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
        self.init(.server(isCode ? String(word) : "ERR"), operation: operation, serverMessage: message)
    }

    /// A command's name is an argument too: one that does not look like a name is not repeated.
    private static func loggable(_ operation: String) -> String {
        let isName =
            !operation.isEmpty && operation.utf8.count <= 64
            && operation.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2e || byte == 0x5f || byte == 0x2d || byte == 0x20
            }
        return isName ? operation : "command"
    }
}

extension RedisError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        var text = "Redis \(operation): \(code)"
        if let reason { text += " (\(reason))" }
        if outcomeUnknown { text += ", outcome unknown" }
        return text
    }

    package var debugDescription: String { description }
}
