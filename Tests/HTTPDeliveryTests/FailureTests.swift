import HTTPDelivery
import TestSupport
import Testing

/// Receivers that refuse, hang, drip and break off: each ends in time, with its own code and phase.
struct FailureTests {
    private func failure(
        of request: DeliveryRequest, within limit: Duration, _ policy: AddressPolicy
    ) async throws -> DeliveryError {
        let error = try await withClient(policy) { client in try #require(await client.failure(request)) }
        // The transfer's own clock: a test's also counts the wait for a free thread.
        #expect(error.timings.total < limit)
        return error
    }

    @Test func `a closed port is refused`() async throws {
        let policy = try AddressPolicy.development()
        let port = Receiver(serve: nil).port
        let error = try await failure(of: .post("http://127.0.0.1:\(port)/", policy), within: .seconds(5), policy)
        #expect(error.code == .connectionRefused && error.phase == .connect && !error.requestWasSent)
    }

    @Test func `a connection that is reset after the request leaves the outcome unknown`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            _ = connection.readRequest()
            connection.reset()
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(), policy), within: .seconds(5), policy)
        #expect(error.code == .connectionReset && error.requestWasSent && error.phase == .wait)
    }

    @Test func `an answer that breaks off is a reset`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(), policy), within: .seconds(5), policy)
        #expect(error.code == .connectionReset && error.requestWasSent && error.phase == .receive)
    }

    @Test func `silence before the answer ends in time`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            _ = connection.readRequest()
            connection.waitForClose()
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(), policy, timeout: .milliseconds(300)), within: .seconds(5), policy)
        #expect(error.code == .timeout && error.phase == .wait && error.requestWasSent)
        #expect(error.timings.total >= .milliseconds(300) && error.timings.connect > .zero && error.timings.firstByte == .zero)
    }

    @Test func `silence within the body ends in time`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            connection.waitForClose()
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(), policy, timeout: .milliseconds(300)), within: .seconds(5), policy)
        #expect(error.code == .timeout && error.phase == .receive && error.requestWasSent)
    }

    @Test func `a slow drip does not stretch the total`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while !connection.isClosed(within: 20), connection.write("x") {}
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(), policy, timeout: .milliseconds(500)), within: .seconds(5), policy)
        #expect(error.code == .timeout && error.phase == .receive)
    }

    @Test func `a request that nobody reads ends in time`() async throws {
        let policy = try AddressPolicy.development()
        // Accepted by the system, read by nobody; larger than the socket's buffers.
        let receiver = Receiver(serve: nil)
        defer { receiver.stop() }
        let body = String(repeating: "x", count: 16 * 1024 * 1024)
        let error = try await failure(of: .post(receiver.url(), policy, body: body, timeout: .milliseconds(500)), within: .seconds(5), policy)
        #expect(error.code == .timeout && error.phase == .send && error.requestWasSent)
    }

    @Test func `a host that does not answer ends at the connect timeout`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(backlog: 0, serve: nil)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            // The system takes one connection (or two) by itself and drops what comes after: the first requests fill the queue.
            let errors = try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    var request = try DeliveryRequest.post(receiver.url(), policy, timeout: .seconds(2))
                    request.connectTimeout = .milliseconds(400)
                    group.addTask { await client.failure(request) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors.allSatisfy { $0?.code == .timeout })
            let unconnected = errors.compactMap(\.self).filter { $0.phase == .connect }
            #expect(!unconnected.isEmpty)
            #expect(unconnected.allSatisfy { !$0.requestWasSent && $0.timings.total < .seconds(2) })
        }
    }

    @Test func `a handshake that is not answered is told from a connection`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { $0.waitForClose() }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(scheme: "https"), policy, timeout: .milliseconds(300)), within: .seconds(5), policy)
        #expect(error.code == .timeout && error.phase == .tls && !error.requestWasSent, "\(error) \(error.timings)")
    }

    @Test func `plain text instead of a handshake is a TLS error`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
        }
        defer { receiver.stop() }
        let error = try await failure(of: .post(receiver.url(scheme: "https"), policy), within: .seconds(5), policy)
        #expect(error.code == .tlsError && !error.requestWasSent)
    }

    @Test func `an unknown name is a DNS error`() async throws {
        let policy = AddressPolicy.strict
        let error = try await failure(of: .post("http://no-such-host.invalid/", policy), within: .seconds(15), policy)
        #expect((error.code == .dnsError || error.code == .timeout) && error.phase == .lookup && !error.requestWasSent)
    }
}
