import TestSupport

/// A receiver that means no good, and what its delivery has to come to.
struct HostileReceiver: Sendable {
    let name: String
    /// As `Attempt.verdict` has it.
    let verdict: String
    let serve: @Sendable (Connection) -> Void

    init(_ name: String, _ verdict: String, serve: @escaping @Sendable (Connection) -> Void) {
        self.name = name
        self.verdict = verdict
        self.serve = serve
    }

    /// Takes the request, says something and closes.
    init(_ name: String, _ verdict: String, says text: String) {
        self.init(name, verdict) { connection in
            if connection.readRequest() != nil { connection.write(text) }
        }
    }

    /// Takes the request, says something once and then the rest until nobody listens.
    init(_ name: String, _ verdict: String, says text: String, thenForEver rest: String) {
        self.init(name, verdict) { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(text)
            while connection.write(rest) {}
        }
    }

    /// Takes the request, says something and keeps silent.
    init(_ name: String, _ verdict: String, falls text: String) {
        self.init(name, verdict) { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(text)
            connection.waitForClose()
        }
    }

    /// Takes the request and says each byte by itself, a fiftieth of a second after the one before.
    init(_ name: String, _ verdict: String, drips text: String, after head: String = "") {
        self.init(name, verdict) { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(head)
            for byte in Array(text.utf8) { if connection.isClosed(within: 20) || !connection.write([byte]) { return } }
        }
    }
}

extension DeliveryScene {
    /// One delivery to each of them at the same time, and to one that does as it should; what did not come to what was expected.
    func misjudged(_ receivers: [HostileReceiver]) async throws -> [String] {
        let good = HostileReceiver("well-behaved", "succeeded 200", says: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        return try await withThrowingTaskGroup { group in
            for hostile in receivers + [good] {
                group.addTask {
                    let receiver = Receiver(serve: hostile.serve)
                    defer { receiver.stop() }
                    let attempt = try await firstAttempt(at: receiver.url())
                    return attempt.verdict == hostile.verdict ? nil : "\(hostile.name): \(attempt.verdict) instead of \(hostile.verdict) \(attempt.page.text("errorMessage") ?? "")"
                }
            }
            return try await group.reduce(into: []) { wrong, one in if let one { wrong.append(one) } }
        }
    }
}
