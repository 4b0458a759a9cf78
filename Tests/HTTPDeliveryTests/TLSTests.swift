import Foundation
import HTTPDelivery
import TestSupport
import Testing

struct TLSTests {
    @Test func `a self-signed certificate is refused`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy) { client in
            let error = await client.failure(try .post(server.url("customer.localhost"), policy))
            #expect(error?.code == .tlsError && error?.requestWasSent == false && error?.phase == .tls)
            #expect(error?.detail == "the certificate is self-signed")
        }
    }

    @Test func `an additional trust root is trusted`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let request = try DeliveryRequest.post(server.url("customer.localhost"), policy)
            let first = try await client.send(request)
            #expect(first.status == 200 && first.timings.tls > .zero && !first.reusedConnection)
            let expiry = try #require(first.certificate).expiresAt
            #expect(abs(Double(expiry) - Date.now.timeIntervalSince1970 - 10 * 86_400) < 3600)
            let second = try await client.send(request)
            #expect(second.reusedConnection && second.certificate == nil)
        }
    }

    @Test func `a trusted certificate that has expired is refused`() async throws {
        let server = try TLSServer(isExpired: true)
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let error = await client.failure(try .post(server.url("customer.localhost"), policy))
            #expect(error?.code == .tlsError && error?.requestWasSent == false && error?.phase == .tls)
            #expect(error?.detail == "the certificate has expired")
        }
    }

    @Test func `a trusted certificate for another name is refused`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let policy = try AddressPolicy.development()
        try await withClient(policy, trusting: server.certificate) { client in
            let error = await client.failure(try .post(server.url("other.localhost"), policy))
            #expect(error?.code == .tlsError && error?.detail == "the certificate is for another name")
        }
    }

    @Test func `a trust root that cannot be read fails at the start`() throws {
        #expect(throws: DeliveryError.self) { try DeliveryClient(policy: AddressPolicy(), additionalTrustRoots: "/no/such/file") }
    }
}
