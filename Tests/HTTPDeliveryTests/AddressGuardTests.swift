import HTTPDelivery
import TestSupport
import Testing

/// The guard against real sockets: a receiver listens where the forbidden address leads, and must see nobody.
struct AddressGuardTests {
    private static let literals = [
        "127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]", "[::ffff:0:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::1]", "[fec0::1]", "[::1]", "[::]", "0.0.0.0", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "①②⑦.0.0.1", "localhost",
        "localhost.",
        "168.63.129.16", "169.254.169.254", "[::ffff:169.254.169.254]", "%31%32%37.0.0.1",
    ]

    @Test(arguments: literals)
    func `a forbidden host is refused when it is saved`(host: String) throws {
        let error = try #require(refusal(of: "http://\(host):8080/", .strict), "\(host) was taken")
        #expect(error.code == .addressRefused || error.code == .invalidURL)
    }

    @Test(arguments: literals)
    func `a forbidden host is refused at dial before a byte is sent`(host: String) async throws {
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        // As if saved under another policy. Where even the most open one refuses the spelling, there is nothing to dial.
        guard let target = try? DeliveryTarget(receiver.url(host: host), policy: .everything) else { return }
        try await withClient(.strict) { client in
            let error = await client.failure(DeliveryRequest(url: target))
            #expect(error?.code == .addressRefused)
            #expect(error?.requestWasSent == false)
        }
        #expect(receiver.connections == 0)
    }

    @Test(arguments: ["customer.localhost", "localhost"], [true, false])
    func `a name that resolves to a forbidden address is refused at dial`(name: String, qualified: Bool) async throws {
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        var open = try AddressPolicy.everything
        open.qualifiesNames = qualified
        let target = try DeliveryTarget(receiver.url(host: name), policy: open)
        try await withClient(.strict) { client in
            let error = await client.failure(DeliveryRequest(url: target))
            #expect(error?.code == .addressRefused)
            #expect(error?.phase == .connect)
            #expect(error?.requestWasSent == false)
        }
        #expect(receiver.connections == 0)
    }

    @Test func `a name is dialled when its address is an exception`() async throws {
        let policy = try AddressPolicy.development("127.0.0.0/8")
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            for host in ["localhost", "customer.localhost"] {
                let response = try await client.send(.post(receiver.url(host: host), policy))
                #expect(response.status == 200)
            }
        }
        #expect(receiver.requests.map { $0.header("host") } == ["localhost:\(receiver.port)", "customer.localhost:\(receiver.port)"])
    }

    @Test func `an open connection is refused after the deny list changes`() async throws {
        var policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            // By name: an address in the URL would be refused before the connection is looked for.
            let request = try DeliveryRequest.post(receiver.url(host: "customer.localhost"), policy)
            #expect(try await client.send(request).status == 200)
            #expect(try await client.send(request).reusedConnection)
            policy.denied = try AddressPolicy.parse(list: "127.0.0.1")
            client.update(policy: policy)
            let error = await client.failure(request)
            #expect(error?.code == .addressRefused && error?.requestWasSent == false)
            policy.denied = []
            client.update(policy: policy)
            #expect(try await client.send(request).status == 200)
        }
        #expect(receiver.requests.count == 3)
    }

    @Test func `plain http is refused once the policy asks for https`() async throws {
        var policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        let request = try DeliveryRequest.post(receiver.url(), policy)
        policy.requiresHTTPS = true
        try await withClient(policy) { client in
            #expect(await client.failure(request)?.code == .invalidURL)
        }
        #expect(receiver.connections == 0)
    }
}
