internal import Foundation
internal import LocalStack
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite struct TLSTests {
    @Test func `rediss speaks TLS and trusts whom it is told to`() async throws {
        try await withCertificate { folder in
            let port = try await freePort()
            let directives = [
                "tls-port": "\(port)", "tls-cert-file": folder + "/cert.pem", "tls-key-file": folder + "/key.pem",
                "tls-ca-cert-file": folder + "/cert.pem",
                "tls-auth-clients": "no",
            ]
            try await withRedis(directives) { redis in
                for host in ["localhost", "127.0.0.1"] {
                    try await withClient("rediss://\(host):\(port)", configure: { $0.trustRootsFile = folder + "/cert.pem" }) { client in
                        let big = [UInt8](repeating: 7, count: 3 << 20)
                        let replies = try await client.send(pipeline: [["SET", "big", .bytes(big)], ["GET", "big"]], deadline: .seconds(20))
                        #expect(replies[1].bytes == big)
                    }
                }
                // Nobody has vouched for the certificate here.
                try await withClient("rediss://localhost:\(port)", isConnected: false) { client in
                    try await eventually("refused") { await failure { try await client.send(["PING"]) }?.reason?.contains("handshake") == true }
                    #expect(!client.isConnected)
                }
            }
        }
    }

    @Test func `a file of authorities that cannot be read stops the client with the reason`() async throws {
        var configuration = try RedisConfiguration(url: "rediss://localhost")
        configuration.trustRootsFile = "/nowhere/ca.pem"
        let client = RedisClient(configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
        let error = await failure { try await client.run() }
        #expect(error?.code == .configuration)
        #expect(await failure { try await client.send(["PING"]) }?.code == .closed)
    }

    private func withCertificate(_ body: (_ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/redis-tls-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        try await body(folder)
    }

    /// TLS is the one thing Redis does not offer on a unix socket.
    private func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port
        try await channel.close()
        return try #require(port)
    }
}
