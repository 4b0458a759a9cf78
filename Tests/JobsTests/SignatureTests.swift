import Jobs
import Testing

/// The vectors of Standard Webhooks and its first implementation.
@Suite struct SignatureTests {
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let pair = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private static let publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    private let body = Array(#"{"test": 2432232314}"#.utf8)

    @Test(arguments: [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", #"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553",
            #"{"email":"test@example.com","username":"test_user"}"#, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        ),
        (
            pair, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", #"{"test": 2432232314}"#,
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
        ),
    ])
    func `a signature is the one of the standard, for every delivery of a signer`(
        secret: String, id: String, timestamp: String, body: String, expected: String
    ) throws {
        let secret = try #require(WebhookSecret(secret))
        let signer = WebhookSigner(secret)
        for _ in 0..<2 { #expect(signer.signature(id: id, timestamp: timestamp, body: Array(body.utf8)) == expected) }
        #expect(EndpointSigner([secret]).signature(id: id, timestamp: timestamp, body: Array(body.utf8)) == expected)
        let other = signer.signature(id: "msg_2", timestamp: "1614265331", body: [])
        #expect(StandardWebhooks.verify(header: other, id: "msg_2", timestamp: 1_614_265_331, body: [], secret: secret))
        #expect(!StandardWebhooks.verify(header: other, id: "msg_2", timestamp: 1_614_265_330, body: [], secret: secret))
    }

    @Test func `a key pair is shown as it was given, and its public half verifies what the private one signed`() throws {
        let pair = try #require(WebhookSecret(Self.pair))
        #expect(pair.scheme == .v1a && pair.exposed == Self.pair && pair.publicKeyText == Self.publicKey)
        let signature = WebhookSigner(pair).signature(id: Self.id, timestamp: "1614265330", body: body)
        #expect(StandardWebhooks.verify(header: "v1,x \(signature)", id: Self.id, timestamp: 1_614_265_330, body: body, publicKey: Self.publicKey))
        let other = try #require(WebhookSecret.random(.v1a).publicKeyText)
        #expect(!StandardWebhooks.verify(header: signature, id: Self.id, timestamp: 1_614_265_330, body: body, publicKey: other))
        #expect(WebhookSecret(WebhookSecret.random(.v1a).exposed)?.scheme == .v1a)
    }

    @Test func `every live secret verifies one header, and no other does`() throws {
        let secrets = [WebhookSecret.random(), .random(), .random(.v1a)]
        let header = EndpointSigner(secrets).signature(id: "msg_1", timestamp: "1614265330", body: body)
        #expect(header.split(separator: " ").map { $0.prefix { $0 != "," } } == ["v1", "v1", "v1a"])
        for secret in secrets { #expect(StandardWebhooks.verify(header: header, id: "msg_1", timestamp: 1_614_265_330, body: body, secret: secret)) }
        for secret in [WebhookSecret.random(), .random(.v1a)] {
            #expect(!StandardWebhooks.verify(header: header, id: "msg_1", timestamp: 1_614_265_330, body: body, secret: secret))
        }
    }

    @Test(arguments: [
        "", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=",
        // The public half is another pair's.
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvw==",
    ])
    func `what is no secret is not taken for one`(text: String) { #expect(WebhookSecret(text) == nil) }

    @Test func `a secret is in no dump`() throws {
        let secret = try #require(WebhookSecret(Self.pair))
        var dumped = ""
        for value in [secret as Any, WebhookSigner(secret), EndpointSigner([secret])] {
            dump(value, to: &dumped)
            dumped += "\(value)"
        }
        #expect(dumped.contains("[redacted]") && !dumped.contains("233") && !dumped.contains("6Xb"), "\(dumped)")
    }
}
