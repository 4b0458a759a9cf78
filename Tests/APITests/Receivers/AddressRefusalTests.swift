import API
import HTTPDelivery
import Ledger
import Postgres
import Primitives
import Testing
import TestSupport

/// The address guard by HTTP: what is said when an endpoint is saved, and that nobody is called when it is not.
@Suite struct AddressRefusalTests {
    /// Of the addresses that are never dialled, one of each kind, in every spelling that some parser takes for it.
    private static let hosts = [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "%31%32%37.0.0.1",
        "①②⑦.0.0.1", "127。0。0。1", "0.0.0.0", "0", "localhost", "localhost.", "LOCALHOST", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "100.100.100.200", "169.254.169.254", "169.254.170.2", "2852039166", "0xa9fea9fe", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::7f00:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]",
        "[::ffff:8.8.8.8]", "[::ffff:0:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::7f00:1]",
        "[100::1]", "[2001:0:7f00:1::1]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
        "[3fff::1]", "[5f00::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff02::1]",
        "[2606:4700::5efe:7f00:1]", "[2606:4700::200:5efe:a9fe:a9fe]",
        "intranet", "metadata", "user@example.com", "user:secret@example.com", "example.com@127.0.0.1", "example.com\\\\@127.0.0.1", "1.2.3.4.5", "example.123",
    ]

    @Test func `a forbidden host is refused when it is saved, for a reason that tells nothing of it`() async throws {
        try await TestAPI.run(limits: nil) { api in
            var reasons: Set<String> = []
            for host in Self.hosts {
                let answer = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://\#(host)/hook"}"#)
                #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer") == ["/webhookUrl"], "\(host): \(answer)")
                reasons.insert(answer.text("errors.0.detail") ?? "none")
                let bare = host.filter { $0 != "[" && $0 != "]" }
                // Shorter ones are in any text.
                if bare.utf8.count > 3 { #expect(!answer.body.contains(bare), "\(host): \(answer)") }
            }
            #expect(reasons.allSatisfy { reason in !reason.contains { $0.isNumber } }, "\(reasons)")
            #expect(reasons.count <= 8, "a few sentences, whatever the host: \(reasons)")
            #expect(try await api.number("SELECT count(*) FROM endpoints") == 0)
        }
    }

    @Test(arguments: ["http", "https"], [22, 25, 53, 80, 6379, 5432, 9200, 11211])
    func `a port that is another protocol's is refused when it is saved`(scheme: String, port: Int) async throws {
        guard scheme != "http" || port != 80 else { return }
        try await TestAPI.run(configure: { $0.addressPolicy.requiresHTTPS = false }) { api in
            let answer = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"\#(scheme)://example.com:\#(port)/"}"#)
            #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer") == ["/webhookUrl"], "\(answer)")
        }
    }

    /// As if saved before the policy was what it is: everything may be saved, and the worker dials as in production.
    @Test func `a forbidden address is refused at dial, before a byte is sent, and the page does not tell which`() async throws {
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        defer { receiver.stop() }
        let every = AddressPolicy(allowed: try AddressPolicy.parse(list: "0.0.0.0/0,::/0"), requiresHTTPS: false)
        try await DeliveryScene.run(DeliveryScene.Rules(dialling: .strict, saving: every)) { scene in
            for host in [
                "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "168.63.129.16", "0.0.0.0",
                // Names, which curl itself or the system's hosts file answers.
                "localhost", "customer.localhost",
            ] {
                let attempt = try await scene.firstAttempt(at: receiver.url(host: host))
                #expect(attempt.verdict == "address_refused", "\(host): \(attempt.page)")
                let message = attempt.page.text("attempts.0.errorMessage") ?? ""
                #expect(!message.isEmpty && !message.contains { $0.isNumber }, "\(message)")
            }
        }
        #expect(receiver.connections == 0)
    }

    @Test func `what a worker reads of an endpoint is judged by its own policy too`() async throws {
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let endpoint = try await scene.endpoint(receiver.url())
            let id = try #require(EndpointID(endpoint.id))
            // As by a hand in the table; `1` is no spelling that the API takes.
            _ = try await scene.api.pool.query("UPDATE endpoints SET url = 'http://127.1:\(receiver.port)/' WHERE id = $1", [.id(id.value)])
            let attempt = try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0)
            #expect(attempt.verdict == "invalid_url", "\(attempt.page)")
        }
        #expect(receiver.connections == 0)
    }

    @Test func `an open connection is not used again once its address is denied`() async throws {
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            // By name: an address in the URL would be refused before a connection is looked for.
            let endpoint = try await scene.endpoint(receiver.url(host: "customer.localhost"))
            for _ in 0..<2 { #expect(try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict == "succeeded 200") }
            #expect(receiver.connections == 1)
            var changed = AddressPolicy.local
            changed.denied = try AddressPolicy.parse(list: "127.0.0.1")
            scene.delivery.update(policy: changed)
            #expect(try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict == "address_refused")
            #expect(receiver.requests.count == 2)
            scene.delivery.update(policy: .local)
            #expect(try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict == "succeeded 200")
        }
    }
}
