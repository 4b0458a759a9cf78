import API
import Foundation
import TestSupport
import Testing

/// Where a request comes from, and what hangs on it.
@Suite struct AddressTests {
    private func key(_ networks: String, _ api: TestAPI) async throws -> Client {
        let made = try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"],"allowedNetworks":\#(networks)}"#)
        return api.client.with(key: made.text("key"))
    }

    @Test func `a key is of no use from elsewhere, whatever a header says`() async throws {
        try await TestAPI.run { api in
            #expect(try await key(#"["127.0.0.0/8","::1/128"]"#, api).get("/api/jobs").status == 200)
            let elsewhere = try await key(#"["192.0.2.0/24","2001:db8::/32"]"#, api)
            #expect(try await elsewhere.get("/api/jobs").isProblem(403, "address_not_allowed"))
            for header in ["X-Forwarded-For", "X-Real-Ip", "Forwarded"] {
                let value = header == "Forwarded" ? "for=192.0.2.1" : "192.0.2.1"
                #expect(try await elsewhere.get("/api/jobs", headers: [header: value]).isProblem(403, "address_not_allowed"))
            }
        }
    }

    @Test func `behind a proxy the address is the one that the proxy saw`() async throws {
        try await TestAPI.run(proxies: TrustedProxies(count: 1)) { api in
            let key = try await key(#"["192.0.2.0/24","2001:db8::/32"]"#, api)
            for (header, status) in [
                ("192.0.2.1", 200), ("2001:db8::1", 200), ("[2001:db8::1]:443", 200), ("::ffff:192.0.2.9", 200), ("192.0.3.1", 403), ("2001:db9::1", 403),
                ("192.0.2.1, 198.51.100.1", 403), ("198.51.100.1, 192.0.2.1", 200), ("nonsense", 403), ("192.0.2.1,", 403),
            ] {
                let answer = try await key.get("/api/jobs", headers: ["X-Forwarded-For": header])
                #expect(answer.status == status, "\(header): \(answer)")
            }
            #expect(try await key.get("/api/jobs").status == 403)
        }
    }

    @Test func `strangers are counted by address, of IPv6 by the block of a household`() async throws {
        try await TestAPI.run(limits: try RateLimits.parse("authenticate=3/3"), proxies: TrustedProxies(count: 1)) { api async throws in
            let stranger = api.client.with(key: nil)
            for host in ["::1", "::2", "ffff::3"] {
                #expect(try await stranger.get("/api/jobs", headers: ["X-Forwarded-For": host == "ffff::3" ? "2001:db8:0:1:ffff::3" : "2001:db8:0:1\(host)"]).status == 401)
            }
            #expect(try await stranger.get("/api/jobs", headers: ["X-Forwarded-For": "2001:db8:0:1::4"]).status == 429)
            #expect(try await stranger.get("/api/jobs", headers: ["X-Forwarded-For": "2001:db8:0:2::4"]).status == 401)
            #expect(try await stranger.get("/api/jobs", headers: ["X-Forwarded-For": "192.0.2.4"]).status == 401)
        }
    }

    @Test func `a key that comes from where it may not be used counts against the address, not against its owner`() async throws {
        try await TestAPI.run(limits: try RateLimits.parse("read=60/30,authenticate=3/3")) { api async throws in
            let elsewhere = try await key(#"["192.0.2.0/24"]"#, api)
            for _ in 0..<3 { #expect(try await elsewhere.get("/api/jobs").isProblem(403, "address_not_allowed")) }
            let refused = try await elsewhere.get("/api/jobs")
            #expect(refused.isProblem(429, "rate_limited") && refused.headers["ratelimit-policy"]?.hasPrefix(#""authenticate-burst""#) == true, "\(refused)")
            #expect(try await api.client.get("/api/jobs").status == 200)
        }
    }

    @Test func `two credentials that differ are one too many, and a URL is none`() async throws {
        try await TestAPI.run { api in
            let key = try #require(api.client.key)
            #expect(try await api.client.get("/api/jobs", headers: ["X-API-Key": "vk_other"]).isProblem(401, "two_credentials"))
            #expect(try await api.client.get("/api/jobs", headers: ["X-API-Key": key]).status == 200)
            let bare = api.client.with(key: nil)
            #expect(try await bare.get("/api/jobs", headers: ["X-API-Key": key]).status == 200)
            #expect(try await bare.get("/api/jobs", headers: ["Authorization": "Basic dTpw", "X-API-Key": key]).status == 200)
            #expect(try await bare.get("/api/jobs", headers: ["Authorization": "DPoP \(key)"]).isProblem(401, "invalid_key"))
            for name in ["access_token", "api_key", "apiKey", "key"] { #expect(try await bare.get("/api/jobs?\(name)=\(key)").status == 401) }
        }
    }
}
