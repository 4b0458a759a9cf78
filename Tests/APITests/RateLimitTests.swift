import Foundation
import Identity
import LocalStack
import Logging
import NIOPosix
import Primitives
import Redis
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite struct RateLimitTests {
    private static let small = try? RateLimits.parse("read=6/3,write=6/3,enqueue=6/3,authenticate=6/3")

    @Test func `who comes too often is told so, and when to come again`() async throws {
        try await TestAPI.run(limits: try RateLimits.parse("read=6/3,write=60/60")) { api in
            for remaining in [2, 1, 0] {
                let answer = try await api.client.get("/api/jobs")
                #expect(answer.status == 200 && answer.headers["ratelimit"]?.hasPrefix(#""read-burst";r=\#(remaining);t="#) == true, "\(answer)")
                #expect(answer.headers["ratelimit-policy"] == #""read-burst";q=3;w=10, "read-minute";q=6;w=60"#)
            }
            let refused = try await api.client.get("/api/jobs")
            #expect(refused.isProblem(429, "rate_limited") && refused.value("violated-policies") as? [String] == ["read-burst"], "\(refused)")
            #expect(refused.text("type") == "https://iana.org/assignments/http-problem-types#quota-exceeded")
            let seconds = try #require(refused.headers["retry-after"].flatMap { Int($0) })
            #expect((1...4).contains(seconds) && refused.headers["ratelimit"]?.hasPrefix(#""read-burst";r=0;t=\#(seconds)"#) == true, "\(refused)")
            // Every answer says it, refusals of another kind too; another class, another key and another workspace have their own.
            #expect(try await api.client.post("/api/webhooks", "{}").headers["ratelimit"]?.hasPrefix(#""write-burst";r=59"#) == true)
            #expect(try await api.client(workspace: api.workspace).get("/api/jobs").status == 200)
            #expect(try await api.client().get("/api/jobs").status == 200)
            #expect(try await api.client.get("/api/jobs").status == 429)
            #expect(try await api.client.get("/metrics").body.contains(#"voicera_rate_limited_total{class="read"} 2"#))
        }
    }

    @Test func `what nobody is kept from is not counted`() async throws {
        try await TestAPI.run(limits: Self.small) { api in
            for path in ["/api/health", "/api/health/ready", "/metrics", "/api/rate-limit"] {
                for _ in 0..<10 {
                    let answer = try await api.client.get(path)
                    #expect(answer.status == 200 && answer.headers["ratelimit"] == nil, "\(answer)")
                }
            }
        }
    }

    @Test func `a caller sees what remains, without spending it`() async throws {
        try await TestAPI.run(limits: try RateLimits.parse("read=60/30,write=60/30,enqueue=90/60")) { api in
            #expect(try await api.client.get("/api/jobs").status == 200)
            for _ in 0..<3 {
                let look = try await api.client.get("/api/rate-limit")
                #expect(look.status == 200 && look.bool("enforced") == true && look.texts("limits", "class") == ["read", "write", "enqueue"], "\(look)")
                #expect(look.int("limits.0.policies.0.remaining") == 29 && look.text("limits.0.policies.1.name") == "read-minute", "\(look)")
                #expect(look.int("limits.2.policies.0.remaining") == 60 && look.int("limits.2.policies.0.moreInSeconds") == 0)
            }
        }
    }

    @Test func `who shows nothing, or something wrong, is counted by address, and its owner is not`() async throws {
        try await TestAPI.run(limits: try RateLimits.parse("authenticate=6/3")) { api in
            // Else a known caller is known for a second only, and has to be read again from an address that is over its limit.
            try await eventually("revocations are heard") { api.revocations.isHearing }
            #expect(try await api.client.get("/api/jobs").status == 200)
            let wrong = api.client.with(key: APIKeySecret.mint().exposed)
            #expect(try await wrong.get("/api/jobs").headers["ratelimit"]?.hasPrefix(#""authenticate-burst";r=2"#) == true)
            #expect(try await api.client.with(key: nil).get("/api/jobs").isProblem(401, "unauthenticated"))
            #expect(try await api.client.with(key: "nonsense").get("/api/jobs").isProblem(401, "invalid_key"))
            let refused = try await wrong.get("/api/jobs")
            #expect(refused.isProblem(429, "rate_limited") && refused.headers["retry-after"] != nil, "\(refused)")
            let other = api.client.with(key: APIKeySecret.mint().exposed)
            #expect(try await other.get("/api/jobs").status == 429, "without a read")
            #expect(try await api.client.get("/api/jobs").status == 200, "who is known goes on, from the same address")
        }
    }

    @Test func `a workspace's own limits hold at once everywhere, and a workspace gives itself no more than the operator`() async throws {
        let database = try await TestPostgres.freshDatabase()
        let limits = try RateLimits.parse("read=600/100")
        try await TestAPI.run(database: database, limits: limits) { one in
            try await TestAPI.run(database: database, limits: limits) { two in
                try await eventually("both hear") { one.revocations.isHearing && two.revocations.isHearing }
                let there = two.client.with(key: one.client.key)
                #expect(try await there.get("/api/workspace/limits").body.contains(#""read":{"perMinute":600,"burst":100,"isDefault":true}"#))
                let changed = try await one.client.send("PATCH", "/api/workspace/limits", body: Data(#"{"read":{"perMinute":50,"burst":40}}"#.utf8))
                #expect(changed.status == 200 && changed.bool("read.isDefault") == false && changed.bool("write.isDefault") == true, "\(changed)")
                let policy = #""read-burst";q=40;w=10, "read-minute";q=50;w=60"#
                #expect(try await one.client.get("/api/jobs").headers["ratelimit-policy"] == policy)
                try await eventually("the other knows", within: .seconds(1)) { try await there.get("/api/jobs").headers["ratelimit-policy"] == policy }
                #expect(try await two.client.get("/api/jobs").headers["ratelimit-policy"]?.contains("q=600") == true, "another workspace's are its own")

                let tenant = try await one.client(workspace: one.workspace, scopes: [.workspaceWrite, .workspaceRead])
                let beyond = try await tenant.send("PATCH", "/api/workspace/limits", body: Data(#"{"read":{"perMinute":601}}"#.utf8))
                #expect(beyond.isProblem(403, "beyond_your_own") && beyond.text("errors.0.pointer") == "/read", "\(beyond)")
                for (burst, status) in [(100, 200), (101, 403)] {
                    let body = #"{"read":{"perMinute":600,"burst":\#(burst)}}"#
                    #expect(try await tenant.send("PATCH", "/api/workspace/limits", body: Data(body.utf8)).status == status, "\(burst)")
                }
                #expect(try await tenant.send("PATCH", "/api/workspace/limits", body: Data(#"{"read":null}"#.utf8)).bool("read.isDefault") == true)
                for body in [#"{"read":{}}"#, #"{"read":{"perMinute":0}}"#, #"{"read":{"perMinute":1,"x":1}}"#, #"{"other":null}"#, #"{"read":1}"#, "[]"] {
                    #expect(try await one.client.send("PATCH", "/api/workspace/limits", body: Data(body.utf8)).isProblem(422, "validation_failed"), "\(body)")
                }
            }
        }
    }

    @Test func `a refusal comes before the body`() async throws {
        try await TestAPI.run(limits: Self.small) { api in
            for _ in 0..<3 { _ = try await api.client.post("/api/jobs", "{") }
            #expect(try await api.client.post("/api/jobs", String(repeating: "x", count: 2 << 20)).status == 429)
        }
    }

    @Test func `asking for work is counted as such, one by one or together`() async throws {
        try await TestAPI.run(limits: Self.small) { api async throws in
            let job = #"{"kind":"noop","payload":{}}"#
            for (path, body) in [("/api/jobs", job), ("/api/jobs/batch", "[\(job)]"), ("/api/events", #"{"event":"a.b","data":{}}"#)] {
                let answer = try await api.client.post(path, body)
                #expect(answer.status == 202 && answer.headers["ratelimit-policy"]?.hasPrefix(#""enqueue-burst""#) == true, "\(answer)")
            }
            #expect(try await api.client.post("/api/jobs/batch", "[\(job)]").status == 429, "out of one allowance")
            #expect(try await api.client.send("DELETE", "/api/jobs").headers["ratelimit-policy"] == nil)
        }
    }

    @Test func `after a Redis that hangs everything is let through for a second, without a question`() async throws {
        let server = try await TestRedis.exclusive()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let redis = RedisClient(try RedisConfiguration(url: server.url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            try await eventually("connected") { redis.isConnected }
            let later = Mutex(Duration.zero)
            let start = ContinuousClock.now
            let limiter = RateLimiter(redis: redis, namespace: namespace(), now: { start + later.withLock { $0 } })
            let (subject, limit) = (RateSubject.credential(.key(IdentifierSource.system.next())), RateLimit(perMinute: 60))
            #expect(kill(server.pid, SIGSTOP) == 0)
            #expect(await limiter.spend(subject, .read, limit) == RateVerdict(routes: .read, limit: limit, isAllowed: true))
            #expect(kill(server.pid, SIGCONT) == 0)
            _ = try await redis.send(["PING"])
            later.withLock { $0 = .milliseconds(999) }
            #expect(await limiter.spend(subject, .read, limit).policies == nil, "it is there again, and is not asked")
            later.withLock { $0 = .seconds(1) }
            #expect(await limiter.spend(subject, .read, limit).policies != nil)
        }
        await server.close()
    }

    @Test func `without limits nobody is counted`() async throws {
        try await TestAPI.run(limits: nil) { api in
            let answer = try await api.client.get("/api/jobs")
            #expect(answer.status == 200 && answer.headers["ratelimit-policy"] == nil)
            #expect(try await api.client.get("/api/rate-limit").bool("enforced") == false)
        }
    }

    @Test func `many at once in two processes are let through as often as the limit allows`() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let redis = RedisClient(
            try RedisConfiguration(url: try await TestRedis.shared().url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            try await eventually("connected") { redis.isConnected }
            let limit = RateLimit(perMinute: 600, burst: 600)
            let name = namespace()
            let processes = [RateLimiter(redis: redis, namespace: name), RateLimiter(redis: redis, namespace: name)]
            let subject = RateSubject.credential(.key(IdentifierSource.system.next()))
            let start = ContinuousClock.now
            let allowed = await withTaskGroup { tasks in
                for number in 0..<4000 { tasks.addTask { await processes[number % 2].spend(subject, .read, limit).isAllowed } }
                return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            let seconds = Double((ContinuousClock.now - start).microseconds) / 1e6
            // What was taken ahead by one may be left over when the other is refused.
            #expect(allowed >= 600 - 2 * 12 && Double(allowed) <= 600 + 10 * seconds + 1, "\(allowed) in \(seconds) s")
        }
    }
}
