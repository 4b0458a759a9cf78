import API
import Foundation
import Identity
import TestSupport
import Testing

/// Which answers are never compressed, whoever takes gzip.
@Suite struct CompressionTests {
    @Test func `a version comes as it is, with the tag that If-Match wants`() async throws {
        try await TestAPI.run { api in
            let words = String(repeating: "many words ", count: 300)
            let made = try await api.client.post("/api/courses", #"{"name":"Go","metadata":{"notes":"\#(words)"}}"#)
            let path = "/api/courses/\(made.text("id") ?? "")"
            let answer = try await PlainHTTP.send(
                port: api.client.port,
                "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nAccept-Encoding: gzip\r\n\r\n")
            #expect(answer.status == 200 && answer.body.contains(words) && answer["content-encoding"] == nil)
            let tag = try #require(answer["etag"])
            #expect(try await api.client.send("PATCH", path, body: Data(#"{"name":"Swift"}"#.utf8), headers: ["If-Match": tag]).status == 200)
        }
    }

    /// A secret beside text that somebody else chose would tell itself by the length.
    @Test func `what OAuth answers is not compressed`() async throws {
        try await TestAPI.run { api in
            let client = try await api.stage.makeClient(grants: ["client_credentials"], scopes: Scope.allCases.map(\.rawValue))
            let answer = try await api.stage.token(["grant_type": "client_credentials"], client, headers: ["Accept-Encoding": "gzip"])
            #expect(answer.status == 200 && answer.body.utf8.count > 1024, "long enough to be compressed elsewhere: \(answer)")
            #expect(answer.headers["content-encoding"] == nil && answer.text("access_token") != nil)
        }
    }
}
