import HTTPDelivery
import TestSupport
import Testing

/// A receiver that speaks nothing but HTTP/2 over TLS.
struct HTTP2Tests {
    @Test func `a receiver that offers HTTP/2 is spoken to so, again on the same connection`() async throws {
        let server = try TLSServer(script: TLSServer.http2)
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let request = try DeliveryRequest.post(server.url("customer.localhost"), policy)
            let first = try await client.send(request)
            #expect(first.status == 200 && first.httpVersion == "2" && first.header("X-Answer") == "yes" && !first.reusedConnection)
            let second = try await client.send(request)
            #expect(second.status == 200 && second.httpVersion == "2" && second.reusedConnection)
        }
    }

    @Test func `requests at once share connections, and each gets its answer`() async throws {
        let server = try TLSServer(script: TLSServer.http2)
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let request = try DeliveryRequest.post(server.url("customer.localhost"), policy)
            _ = try await client.send(request)
            let answers = try await withThrowingTaskGroup(of: DeliveryResponse.self) { group in
                for _ in 0..<50 { group.addTask { try await client.send(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 50 && answers.allSatisfy { $0.status == 200 && $0.httpVersion == "2" && $0.reusedConnection })
        }
    }
}
