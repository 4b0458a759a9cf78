import API
import Foundation
import LocalStack
import TestSupport
import Testing

@Suite struct TLSListenerTests {
    private static func certify(_ name: String, in folder: String) async throws {
        let program = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10", "-keyout", "\(folder)/next-key.pem",
                "-out", "\(folder)/next.pem", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        #expect(try await program.wait() == .exited(0))
        for file in ["key.pem", "chain.pem"] {
            let next = file == "key.pem" ? "next-key.pem" : "next.pem"
            try? FileManager.default.removeItem(atPath: "\(folder)/\(file)")
            try FileManager.default.copyItem(atPath: "\(folder)/\(next)", toPath: "\(folder)/\(file)")
        }
    }

    /// What curl was answered: the body, the HTTP version and the certificate's subject.
    private static func curl(_ port: Int, _ arguments: String...) async throws -> String {
        let program = try ChildProcess(
            "/usr/bin/curl", ["--silent", "--insecure", "--max-time", "10", "--write-out", " %{http_version} %{http_code}"] + arguments + ["https://127.0.0.1:\(port)/api/health"])
        _ = try await program.wait()
        return (program.outputLines + program.errorLines.filter { $0.contains("subject:") || $0.contains("CN=") }).joined(separator: "\n")
    }

    @Test func `with a certificate clients choose their HTTP, and a renewed one is taken without a restart`() async throws {
        let folder = try TemporaryDirectory()
        try await Self.certify("first", in: folder.path)
        var settings = ServerSettings()
        settings.certificate = ServerSettings.Certificate(chain: "\(folder.path)/chain.pem", key: "\(folder.path)/key.pem")
        settings.certificate?.interval = .milliseconds(100)
        try await TestAPI.run(server: settings) { api async throws in
            let two = try await Self.curl(api.client.port, "--http2")
            #expect(two.contains(#""status":"ok""#) && two.contains(" 2 200"), "\(two)")
            #expect(try await Self.curl(api.client.port, "--http1.1").contains(" 1.1 200"))
            #expect(try await Self.curl(api.client.port, "--dump-header", "-").contains("strict-transport-security: max-age"))
            #expect(try await Self.curl(api.client.port, "--verbose").contains("CN=first"))
            try await Self.certify("second", in: folder.path)
            try await eventually("the new certificate is shown") { try await Self.curl(api.client.port, "--verbose").contains("CN=second") }
        }
    }

    @Test func `a connection that never finishes its handshake is let go`() async throws {
        let folder = try TemporaryDirectory()
        try await Self.certify("first", in: folder.path)
        var settings = ServerSettings()
        settings.patience.headers = .milliseconds(200)
        settings.certificate = ServerSettings.Certificate(chain: "\(folder.path)/chain.pem", key: "\(folder.path)/key.pem")
        try await TestAPI.run(server: settings) { api async throws in
            #expect(try await RawConnection.send(bytes: [[0x16, 0x03, 0x01]], to: api.client.port) == "")
        }
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func `the time for the handshake does not cut what comes after it`(version: String) async throws {
        let folder = try TemporaryDirectory()
        try await Self.certify("first", in: folder.path)
        var settings = ServerSettings()
        settings.patience.headers = .milliseconds(300)
        settings.certificate = ServerSettings.Certificate(chain: "\(folder.path)/chain.pem", key: "\(folder.path)/key.pem")
        try await TestAPI.run(server: settings) { api in
            // No worker runs the job, so that the answer comes after a second.
            let program = try ChildProcess(
                "/usr/bin/curl",
                [
                    "--silent", "--insecure", version, "--max-time", "20", "--write-out", " %{http_code}", "--header", "Authorization: Bearer \(api.client.key ?? "")",
                    "--header", "Content-Type: application/json", "--header", "Prefer: wait=1", "--data", #"{"kind":"noop","payload":{}}"#,
                    "https://127.0.0.1:\(api.client.port)/api/jobs",
                ])
            _ = try await program.wait()
            #expect(program.outputLines.joined().hasSuffix(" 202"), "\(program.outputLines)")
        }
    }

    @Test func `a certificate that cannot be read stops the start`() async throws {
        var settings = ServerSettings()
        settings.certificate = ServerSettings.Certificate(chain: "/nowhere/chain.pem", key: "/nowhere/key.pem")
        await #expect(throws: (any Error).self) { try await TestAPI.run(server: settings) { _ in } }
    }
}
