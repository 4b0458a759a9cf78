import Foundation
import Glibc
import Testing

/// An HTTPS server with a certificate of its own for `customer.localhost`.
final class TLSServer {
    let certificate: String
    private let folder: URL
    private let child: pid_t
    private let port: String
    private let output: Int32

    /// - Parameters:
    ///   - isExpired: its certificate was good until yesterday.
    ///   - script: Python that prints its port and serves, with the certificate and its key as arguments.
    init(isExpired: Bool = false, script: String = TLSServer.http1) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        try Self.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10", "-keyout", key,
            "-out", certificate, "-subj", "/CN=receiver", "-addext", "subjectAltName=DNS:customer.localhost",
        ])
        if isExpired {
            let expired = certificate + ".expired"
            try Self.run(["openssl", "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", expired])
            try FileManager.default.removeItem(atPath: certificate)
            try FileManager.default.moveItem(atPath: expired, toPath: certificate)
        }
        let server = try Self.spawn(["python3", "-c", script, certificate, key])
        child = server.child
        output = server.output
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(server.output, &byte, 1) == 1, byte != 0x0a { line.append(byte) }
        port = String(decoding: line, as: UTF8.self)
        try #require(!port.isEmpty, "the TLS server did not start")
    }

    func url(_ host: String) -> String { "https://\(host):\(port)/" }

    func stop() {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        close(output)
        try? FileManager.default.removeItem(at: folder)
    }

    private static func run(_ command: [String]) throws {
        let (child, output) = try spawn(command)
        defer { close(output) }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        try #require(status == 0, "\(command) failed")
    }

    /// Not `Process`, whose `waitUntilExit` hangs when several threads of the cooperative pool wait at once.
    private static func spawn(_ command: [String]) throws -> (child: pid_t, output: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, command[0], &actions, nil, arguments, environ)
        close(ends[1])
        try #require(code == 0, "\(command[0]) cannot be started")
        return (child, ends[0])
    }

    static let http1 = """
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
}
