import Foundation
import Glibc

/// An HTTPS server with a certificate of its own for `customer.localhost`, made when it starts.
package final class TLSServer {
    package let certificate: String
    private let folder: URL
    private let child: pid_t
    private let port: String
    private let output: Int32

    /// - Parameters:
    ///   - isExpired: its certificate was good until yesterday.
    ///   - script: Python that prints its port and serves, with the certificate and its key as arguments.
    package init(isExpired: Bool = false, script: String = TLSServer.http1) throws {
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
        if port.isEmpty { throw NeverHappened("the TLS server did not start") }
    }

    package func url(_ host: String) -> String { "https://\(host):\(port)/" }

    package func stop() {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        close(output)
        try? FileManager.default.removeItem(at: folder)
    }

    /// One file for whoever has to trust all of them.
    package static func roots(of servers: [TLSServer]) throws -> TemporaryFile {
        try TemporaryFile(servers.map { try String(contentsOfFile: $0.certificate, encoding: .utf8) }.joined(separator: "\n"))
    }

    private static func run(_ command: [String]) throws {
        let (child, output) = try spawn(command)
        defer { close(output) }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        if status != 0 { throw NeverHappened("an end of \(command) that is none of failure") }
    }

    /// Not `Process`, whose `waitUntilExit` hangs when several threads of the cooperative pool wait at once.
    private static func spawn(_ command: [String]) throws -> (child: pid_t, output: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw NeverHappened("a pipe") }
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
        guard code == 0 else { throw NeverHappened("a start of \(command[0])") }
        return (child, ends[0])
    }
}
