import API
import Foundation
import TestSupport
import Testing

/// What a client cannot make the server take, hold or say.
@Suite struct ServerBoundTests {
    @Test func `a body that does not say how long it is ends at the limit`() async throws {
        try await TestAPI.run { api in
            let head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nTransfer-Encoding: chunked\r\n\r\n"
            let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
            let pieces = [head] + Array(repeating: chunk, count: 17) + ["0\r\n\r\n"]
            let answer = try await RawConnection.send(pieces, to: api.client.port) { $0.contains("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `of a body that was answered for only so much is taken`() async throws {
        var settings = ServerSettings()
        settings.patience.leftover = .seconds(600)
        settings.patience.body = .seconds(600)
        settings.patience.idle = .seconds(600)
        try await TestAPI.run(server: settings) { api in
            let head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nContent-Length: 99999999\r\n\r\n"
            let pieces = [head] + Array(repeating: String(repeating: "x", count: 1 << 20), count: 24)
            // It ends by itself, long before anybody loses patience.
            _ = try await RawConnection.send(pieces, to: api.client.port)
            #expect(try await api.client.get("/api/health").status == 200)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `of a body that was answered for nothing is waited for long`() async throws {
        var settings = ServerSettings()
        settings.patience.leftover = .milliseconds(150)
        settings.patience.body = .seconds(600)
        settings.patience.idle = .seconds(600)
        try await TestAPI.run(server: settings) { api in
            let head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nContent-Length: 99999999\r\n\r\n"
            let answer = try await RawConnection.send([head, "x"], to: api.client.port)
            #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
        }
    }

    @Test func `who comes when there are as many connections as may be waits until one of them ends`() async throws {
        var settings = ServerSettings()
        settings.mostConnections = 2
        settings.patience.headers = .seconds(1)
        try await TestAPI.run(server: settings) { api in
            let port = api.client.port
            let begun = ContinuousClock.now
            // Each is let go a second after it was let in, and few are let in at one look: three more than the bound at most.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 { group.addTask { _ = try await RawConnection.send(["GET /api/health HTTP/1.1\r\n"], to: port) } }
                try await group.waitForAll()
            }
            #expect(ContinuousClock.now - begun > .milliseconds(1900), "one after the others")
        }
    }

    @Test func `the answer to HEAD has no body, a refusal neither`() async throws {
        try await TestAPI.run { api async throws in
            for (path, status) in [("/api/jobs", 200), ("/api/jobs/nonsense", 404), ("/api/nothing", 404), ("/api/dead-letters/replay", 405)] {
                let answer = try await PlainHTTP.send(
                    port: api.client.port,
                    "HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(api.client.key ?? "")\r\n\r\n")
                #expect(answer.status == status && answer.body.isEmpty && answer["content-length"] != nil, "\(path): \(answer)")
            }
        }
    }
}
