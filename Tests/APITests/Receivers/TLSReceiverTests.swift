import HTTPDelivery
import TestSupport
import Testing

/// Receivers with certificates, good ones and others, made for the test.
@Suite struct TLSReceiverTests {
    @Test func `a certificate that is expired, for another name or nobody's is refused, and the reason is shown`() async throws {
        let (good, expired, unknown) = (try TLSServer(), try TLSServer(isExpired: true), try TLSServer())
        defer { for server in [good, expired, unknown] { server.stop() } }
        let roots = try TLSServer.roots(of: [good, expired])
        var rules = DeliveryScene.Rules()
        rules.roots = roots.path
        try await DeliveryScene.run(rules) { scene in
            for (url, verdict, reason) in [
                (good.url("customer.localhost"), "succeeded 200", nil),
                (expired.url("customer.localhost"), "tls_error", "the certificate has expired"),
                (good.url("other.localhost"), "tls_error", "the certificate is for another name"),
                (unknown.url("customer.localhost"), "tls_error", "the certificate is self-signed"),
            ] {
                let attempt = try await scene.firstAttempt(at: url)
                #expect(attempt.verdict == verdict && attempt.page.text("attempts.0.errorMessage") == reason, "\(attempt.page)")
            }
        }
    }

    @Test func `a receiver that speaks HTTP/2 gets its deliveries so, a hundred at once`() async throws {
        let server = try TLSServer(script: TLSServer.http2)
        defer { server.stop() }
        var rules = DeliveryScene.Rules()
        rules.roots = server.certificate
        try await DeliveryScene.run(rules) { scene in
            let endpoint = try await scene.endpoint(server.url("customer.localhost"))
            let verdicts = try await withThrowingTaskGroup { group in
                for _ in 0..<100 { group.addTask { try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(verdicts == ["succeeded 200"])
        }
    }

    @Test func `what answers a handshake with plain text is no receiver`() async throws {
        let receiver = Receiver { connection in
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            connection.waitForClose()
        }
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let attempt = try await scene.firstAttempt(at: receiver.url(scheme: "https"))
            #expect(attempt.verdict == "tls_error", "\(attempt.page)")
        }
        #expect(receiver.requests.isEmpty)
    }
}
