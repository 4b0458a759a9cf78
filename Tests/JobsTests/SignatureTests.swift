import Jobs
import Testing

@Suite struct SignatureTests {
    /// The example of the Standard Webhooks specification.
    @Test func `a signature is the one of the standard, for every delivery of a signer`() throws {
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signer = WebhookSigner(secret)
        let body = Array(#"{"test": 2432232314}"#.utf8)
        for _ in 0..<2 {
            #expect(
                signer.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: body)
                    == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        }
        let other = signer.signature(id: "msg_2", timestamp: "1614265331", body: [])
        #expect(StandardWebhooks.verify(header: other, id: "msg_2", timestamp: 1_614_265_331, body: [], secret: secret))
        #expect(!StandardWebhooks.verify(header: other, id: "msg_2", timestamp: 1_614_265_330, body: [], secret: secret))
    }
}
