import API
import Foundation
import Identity
import LocalStack
import Postgres
import TestSupport
import Testing

/// What a request costs whose caller is known, and how soon a caller is known no more.
@Suite struct WarmPathTests {
    @Test func `a known caller costs no round trip to Postgres`() async throws {
        let server = try await TestPostgres.exclusive()
        try await TestAPI.run(database: server.url) { api in
            try await eventually("revocations are heard") { api.revocations.isHearing }
            #expect(try await api.client.get("/api/rate-limit").status == 200)
            let cold = try await api.client(workspace: api.workspace)
            await server.stopImmediately()
            for _ in 0..<3 { #expect(try await api.client.get("/api/rate-limit").status == 200) }
            #expect(try await cold.get("/api/rate-limit").isProblem(503, "storage_unavailable"))
        }
        await server.close()
    }

    @Test func `a revoked key is refused by every process within a second`() async throws {
        let database = try await TestPostgres.freshDatabase()
        try await TestAPI.run(database: database) { one in
            try await TestAPI.run(database: database) { two in
                try await eventually("both hear") { one.revocations.isHearing && two.revocations.isHearing }
                for order in ["revoke", "rotate", "narrow"] {
                    let made = try await one.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#)
                    let id = try #require(made.text("id"))
                    let (here, there) = (one.client.with(key: made.text("key")), two.client.with(key: made.text("key")))
                    #expect(try await here.get("/api/jobs").status == 200)
                    #expect(try await there.get("/api/jobs").status == 200)
                    switch order {
                    case "revoke": #expect(try await one.client.send("DELETE", "/api/keys/\(id)").status == 204)
                    case "rotate": #expect(try await one.client.post("/api/keys/\(id)/rotate", #"{"overlapSeconds":0}"#).status == 200)
                    default: #expect(try await one.client.send("PATCH", "/api/keys/\(id)", body: Data(#"{"scopes":["logs:read"]}"#.utf8)).status == 200)
                    }
                    #expect(try await here.get("/api/jobs").status != 200, "at once where it was asked for")
                    try await eventually("\(order) is known elsewhere", within: .seconds(1)) { try await there.get("/api/jobs").status != 200 }
                }
            }
        }
    }

    @Test func `without Redis a key is remembered for a second, and nobody is limited`() async throws {
        let server = try await TestRedis.exclusive()
        try await TestAPI.run(redisURL: server.url, limits: try RateLimits.parse("read=3/3")) { api in
            try await eventually("revocations are heard") { api.revocations.isHearing }
            #expect(try await api.client.get("/api/jobs").headers["ratelimit"] != nil)
            await server.stop()
            try await eventually("the loss is noticed") { !api.revocations.isHearing }
            for _ in 0..<10 {
                let answer = try await api.client.get("/api/jobs")
                #expect(answer.status == 200 && answer.headers["ratelimit"] == nil && answer.headers["ratelimit-policy"] != nil, "\(answer)")
            }
            let metrics = try await api.client.get("/metrics").body
            let passed = try #require(metrics.split(separator: "\n").first { $0.hasPrefix("voicera_rate_limit_unavailable_total") })
            #expect((Double(passed.split(separator: " ")[1]) ?? 0) >= 9, "\(passed)")
            let look = try await api.client.get("/api/rate-limit")
            #expect(look.status == 200 && look.value("limits.0.policies.0.remaining") is NSNull, "\(look)")
            // Behind the API's back, as a process that died before it could announce.
            let made = try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#)
            let key = api.client.with(key: made.text("key"))
            #expect(try await key.get("/api/jobs").status == 200)
            try await api.pool.query("UPDATE api_keys SET revoked_at = now() WHERE name = 'a'")
            try await eventually("the key is refused", within: .seconds(3)) { try await key.get("/api/jobs").status == 401 }
        }
        await server.close()
    }

    @Test func `a Redis that hangs holds up one request in a second, for a moment`() async throws {
        let server = try await TestRedis.exclusive()
        try await TestAPI.run(redisURL: server.url) { api async throws in
            #expect(try await api.client.get("/api/jobs").status == 200)
            #expect(kill(server.pid, SIGSTOP) == 0)
            let start = ContinuousClock.now
            for _ in 0..<20 { #expect(try await api.client.get("/api/jobs").status == 200) }
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(kill(server.pid, SIGCONT) == 0)
        }
        await server.close()
    }
}
