import API
import Testing

@Suite struct KeepAliveTests {
    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n"), let length = text.firstMatch(of: /(?i)content-length: (\d+)/).flatMap({ Int($0.1) }) else { return false }
        return text[end.upperBound...].utf8.count >= length
    }

    private static func request(_ path: String, _ more: String = "", method: String = "GET", body: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(more)\(body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n")\r\n\(body)"
    }

    @Test func `two requests go over one connection, whatever the first was answered with`() async throws {
        try await TestAPI.run { api in
            let key = "Authorization: Bearer \(api.client.key ?? "")\r\n"
            let form = "Content-Type: application/x-www-form-urlencoded\r\n"
            let answers = try await RawConnection.converse(
                [
                    Self.request("/api/health"), Self.request("/api/nowhere"), Self.request("/api/jobs"), Self.request("/api/jobs", key),
                    Self.request("/api/jobs", key + "Content-Type: application/json\r\n", method: "POST", body: #"{"kind":"noop","payload":{}}"#),
                    Self.request("/api/oauth/token", form, method: "POST", body: "grant_type=x"), Self.request("/api/health"),
                ], to: api.client.port, until: Self.isWhole)
            #expect(answers.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) } == ["200", "404", "401", "200", "202", "401", "200"], "\(answers)")
            #expect(answers.allSatisfy { !$0.lowercased().contains("connection: close") })
        }
    }

    @Test func `who asks for the end gets it after the answer`() async throws {
        try await TestAPI.run { api in
            let (last, more) = (Self.request("/api/health", "Connection: close\r\n"), Self.request("/api/health"))
            let answers = try await RawConnection.converse([more, last, more], to: api.client.port, until: Self.isWhole)
            #expect(answers.count == 2, "\(answers)")
            let whole = try await RawConnection.send([last], to: api.client.port)
            #expect(whole.hasPrefix("HTTP/1.1 200"), "the server closed, else this would not have ended")
        }
    }

    @Test func `two requests that come in one packet are both answered, in their order`() async throws {
        try await TestAPI.run { api in
            let both = Self.request("/api/health") + Self.request("/api/nowhere", "Connection: close\r\n")
            let text = try await RawConnection.send([both], to: api.client.port)
            let lines = text.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
            #expect(lines == ["200", "404"], "\(text)")
        }
    }
}
