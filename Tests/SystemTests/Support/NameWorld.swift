import TestSupport

/// A network of a worker's own with a name server that customers run: a public address, a private one and loopback are all its host's, and something
/// listens at each. Needs root, for namespaces.
struct NameWorld: Sendable {
    private let script: TemporaryFile
    private let resolver: TemporaryFile

    /// Says this line when it answers, and another one for whoever comes where nobody may.
    static let ready = "the world is there"
    static let intruder = "somebody came to a private address"

    init() throws {
        script = try TemporaryFile(Self.python)
        resolver = try TemporaryFile("nameserver 127.0.0.1\noptions attempts:1 timeout:2\n")
    }

    /// For `Fleet.startWorker(behind:)`. The world ends with the worker.
    var command: [String] {
        [
            "/usr/bin/unshare", "--net", "--mount", "/bin/sh", "-c",
            """
            ip link set lo up && ip address add 93.184.216.34/32 dev lo && ip address add 10.9.8.7/32 dev lo && \
            mount --bind '\(resolver.path)' /etc/resolv.conf && { python3 '\(script.path)' & exec "$0" "$@"; }
            """,
        ]
    }

    /// Names, and what they lead to: `turning` first to a public address and then to loopback, for a second each; `chain` by way of another name.
    private static let python = """
        import ctypes, http.server, signal, socket, struct, sys, threading
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        PUBLIC, PRIVATE, LOOPBACK = '93.184.216.34', '10.9.8.7', '127.0.0.1'
        A, CNAME, AAAA = 1, 5, 28
        NAMES = {
            'public.example.com': [(A, PUBLIC)], 'private.example.com': [(A, PRIVATE)], 'loopback.example.com': [(A, LOOPBACK)],
            'metadata.example.com': [(A, '169.254.169.254')], 'mixed.example.com': [(A, PUBLIC), (A, LOOPBACK)],
            'chain.example.com': [(CNAME, 'inner.example.net'), (A, PRIVATE)],
            'mapped.example.com': [(AAAA, '::ffff:127.0.0.1')], 'translated.example.com': [(AAAA, '64:ff9b::7f00:1')], 'six.example.com': [(AAAA, '::1')],
            'empty.example.com': [],
        }
        turns = []
        def wire(name):
            return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\\0'
        def data(kind, value):
            if kind == CNAME: return wire(value)
            return socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, value)
        def answer(query):
            labels, place = [], 12
            while query[place]:
                labels.append(query[place + 1:place + 1 + query[place]].decode().lower())
                place += 1 + query[place]
            name, kind = '.'.join(labels), struct.unpack('>H', query[place + 1:place + 3])[0]
            records = NAMES.get(name)
            if name == 'turning.example.com':
                records = []
                if kind == A:
                    turns.append(1)
                    records = [(A, PUBLIC if len(turns) == 1 else LOOPBACK)]
            found = [record for record in records or [] if record[0] in (kind, CNAME)]
            head = query[:2] + struct.pack('>HHHHH', 0x8180 if records is not None else 0x8183, 1, len(found), 0, 0)
            body, owner = b'', name
            for record, value in found:
                rest = data(record, value)
                body += wire(owner) + struct.pack('>HHIH', record, 1, 1, len(rest)) + rest
                if record == CNAME: owner = value
            return head + query[12:place + 5] + body
        def names():
            while True:
                query, peer = server.recvfrom(4096)
                server.sendto(answer(query), peer)
        class Public(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_POST(self):
                self.rfile.read(int(self.headers['content-length']))
                self.send_response(200)
                self.send_header('content-length', '0')
                self.end_headers()
            def log_message(self, *_): pass
        def private(listener):
            while True:
                listener.accept()[0].close()
                print('somebody came to a private address', flush=True)
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((LOOPBACK, 53))
        threading.Thread(target=names, daemon=True).start()
        for port in (8080, 8081):
            open_to_all = http.server.ThreadingHTTPServer((PUBLIC, port), Public)
            threading.Thread(target=open_to_all.serve_forever, daemon=True).start()
            for address in (PRIVATE, LOOPBACK):
                threading.Thread(target=private, args=(socket.create_server((address, port)),), daemon=True).start()
            inner = socket.create_server(('::1', port), family=socket.AF_INET6)
            threading.Thread(target=private, args=(inner,), daemon=True).start()
        print('the world is there', flush=True)
        threading.Event().wait()
        """
}
