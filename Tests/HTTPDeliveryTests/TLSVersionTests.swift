import HTTPDelivery
import TestSupport
import Testing

@Suite struct TLSVersionTests {
    @Test func `an answer says what its connection speaks, on a new one and on a reused one`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let request = try DeliveryRequest.post(server.url("customer.localhost"), policy)
            for isReused in [false, true] {
                let answer = try await client.send(request)
                #expect(answer.reusedConnection == isReused && ["TLSv1.2", "TLSv1.3"].contains(answer.tlsVersion))
            }
        }
    }

    @Test func `plain http has no version of TLS`() async throws {
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy) { client in
            let answer = try await client.send(.post(receiver.url(), policy))
            #expect(answer.tlsVersion == nil)
        }
    }
}
