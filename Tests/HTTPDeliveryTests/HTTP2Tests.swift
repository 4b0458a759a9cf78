import HTTPDelivery
import Testing

/// A receiver that speaks nothing but HTTP/2 over TLS.
struct HTTP2Tests {
    @Test func `a receiver that offers HTTP/2 is spoken to so, again on the same connection`() async throws {
        let server = try TLSServer(script: Self.http2)
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
        let server = try TLSServer(script: Self.http2)
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

    /// As little of RFC 9113 as a request needs: settings, pings, and a header block of two fields for each stream that its peer has ended.
    private static let http2 = """
        import socket, ssl, struct, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        context.set_alpn_protocols(['h2'])
        SETTINGS, PING, HEADERS, DATA = 4, 6, 1, 0
        def frame(kind, flags, stream, body=b''):
            return struct.pack('>I', len(body))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + body
        def serve(raw):
            peer = context.wrap_socket(raw, server_side=True)
            source = peer.makefile('rb')
            source.read(24)
            peer.sendall(frame(SETTINGS, 0, 0))
            while len(head := source.read(9)) == 9:
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], 'big')
                body = source.read(int.from_bytes(head[:3], 'big'))
                if kind in (SETTINGS, PING) and not flags & 1:
                    peer.sendall(frame(kind, 1, 0, body if kind == PING else b''))
                if kind in (HEADERS, DATA) and flags & 1:
                    peer.sendall(frame(HEADERS, 5, stream, b'\\x88\\x00\\x08x-answer\\x03yes'))
        listener = socket.create_server(('127.0.0.1', 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """
}
