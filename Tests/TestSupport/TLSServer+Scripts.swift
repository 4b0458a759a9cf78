/// Servers in Python, each as small as what it is to show.
extension TLSServer {
    package static let http1 = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_POST(self):
                self.rfile.read(int(self.headers['content-length']))
                self.send_response(200)
                self.send_header('content-length', '0')
                self.end_headers()
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// Speaks nothing but HTTP/2, and as little of RFC 9113 as a request needs: settings, pings, and a header block of two fields for each stream that its
    /// peer has ended.
    package static let http2 = """
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
