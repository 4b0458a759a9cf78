import API
import FoundationEssentials
import Ledger
import Postgres
import Primitives
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct LogPolicyTests {
    private static func change(_ client: Client, _ body: String) async throws -> Answer {
        try await client.send("PATCH", "/api/workspace/log", body: Data(body.utf8))
    }

    @Test func `bodies are kept only while a workspace wants them, and without what it hides`() async throws {
        try await TestAPI.run { api in
            let body = #"{"kind":"noop","payload":{"email":"a@b.c","e_mail":"d@e.f","deep":{"card":[1,{"number":4711}]},"plain":12345678901234567890}}"#
            func detail(_ answer: Answer) async throws -> Answer { try await api.client.get("/api/logs/\(try await api.logged(answer))") }
            let before = try await detail(try await api.client.post("/api/jobs", body))
            #expect(before.body.contains(#""requestBody":null,"responseBody":null"#), "\(before)")

            let rules = #"{"bodies":"all","redact":["E-Mail","/payload/deep/card/1/number"]}"#
            let changed = try await Self.change(api.client, rules)
            #expect(changed.status == 200 && changed.text("bodies") == "all" && changed.count("redact") == 2, "\(changed)")
            let after = try await detail(try await api.client.post("/api/jobs", body))
            #expect(
                after.body.contains(
                    #""requestBody":{"kind":"noop","payload":{"email":"[redacted]","e_mail":"[redacted]","deep":{"card":[1,{"number":"[redacted]"}]},"plain":12345678901234567890}}"#),
                "\(after)")
            #expect(after.text("responseBody.status") == "pending")

            #expect(try await Self.change(api.client, #"{"bodies":"errors"}"#).count("redact") == 2)
            #expect(try await detail(try await api.client.post("/api/jobs", body)).body.contains(#""requestBody":null"#))
            let refused = try await detail(try await api.client.post("/api/jobs", #"{"kind":"none","payload":{}}"#))
            #expect(refused.text("requestBody.kind") == "none" && refused.text("responseBody.code") == "validation_failed", "\(refused)")

            #expect(try await Self.change(api.client, #"{"bodies":"off","redact":[]}"#).text("bodies") == "off")
            #expect(try await detail(try await api.client.post("/api/jobs", "[]")).body.contains(#""requestBody":null"#))
            #expect(try await api.client.get("/api/workspace/log").body == #"{"bodies":"off","redact":[]}"#)
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE action = 'log_policies.change'") == 3)
        }
    }

    @Test func `another workspace's wish is not this one's, and other processes hear of a change`() async throws {
        try await TestAPI.run { api in
            let other = try await api.client()
            #expect(try await Self.change(other, #"{"bodies":"all"}"#).status == 200)
            let mine = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#)
            let line = try await api.client.get("/api/logs/\(try await api.logged(mine))")
            #expect(line.body.contains(#""requestBody":null"#))
            #expect(try await api.client.get("/api/workspace/log").text("bodies") == "off")

            let feed = LogPolicyFeed(pool: api.pool, logger: api.services.logger)
            try await withThrowingTaskGroup { group in
                group.addTask { try await feed.run() }
                #expect(feed.policy(of: api.workspace) == nil)
                _ = try await Self.change(api.client, #"{"bodies":"errors","redact":["x"]}"#)
                try await eventually("the change arrives") { feed.policy(of: api.workspace) == LogPolicy(bodies: .errors, redact: ["x"]) }
                _ = try await Self.change(api.client, #"{"bodies":"off"}"#)
                try await eventually("so does its end") { feed.policy(of: api.workspace) == nil }
                group.cancelAll()
            }
        }
    }

    @Test(arguments: [
        (#"{"bodies":"some"}"#, "/bodies"), (#"{"bodies":1}"#, "/bodies"), (#"{"redact":"a"}"#, "/redact"), (#"{"redact":[1]}"#, "/redact/0"),
        (#"{"redact":["a",""]}"#, "/redact/1"), (#"{"redact":["/a~2"]}"#, "/redact/0"), (#"{"redact":["a b"]}"#, "/redact/0"), (#"{"body":"all"}"#, "/body"),
        (#"{"redact":["--"]}"#, "/redact/0"), ("[]", ""),
    ])
    func `a policy that makes no sense is refused`(body: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await Self.change(api.client, body)
            #expect(answer.isProblem(422, "validation_failed") && answer.text("errors.0.pointer") == pointer, "\(answer)")
        }
    }

    @Test func `no body of a request about keys or tokens is kept, whatever a workspace wants`() async throws {
        try await TestAPI.run { api in
            #expect(try await Self.change(api.client, #"{"bodies":"all"}"#).status == 200)
            let client = try await api.stage.makeClient(grants: ["client_credentials"])
            for answer in [
                try await api.client.post("/api/keys", #"{"name":"harmless","scopes":["jobs:read"]}"#), try await api.client.get("/api/keys"),
                try await api.client.get("/api/oauth/clients"), try await api.stage.token(["grant_type": "client_credentials"], client),
            ] {
                #expect([200, 201].contains(answer.status), "\(answer)")
                let line = try await api.client.get("/api/logs/\(try await api.logged(answer))")
                #expect(line.body.contains(#""requestBody":null,"responseBody":null"#), "\(line)")
            }
        }
    }

    @Test func `an error is what is answered with 400 or more`() {
        for (status, isKept) in [(200, false), (304, false), (399, false), (400, true), (404, true), (500, true)] {
            #expect(LogPolicy(bodies: .errors).keepsBodies(status: status) == isKept, "\(status)")
            #expect(LogPolicy(bodies: .all).keepsBodies(status: status) && !LogPolicy(bodies: .off).keepsBodies(status: status))
        }
    }

    @Test func `long bodies are cut, and larger ones or what is no JSON not kept`() {
        let redaction = BodyRedaction()
        let long = redaction.text(of: Array(("[\"" + String(repeating: "ä ", count: 10_000) + "\"]").utf8))
        #expect(long.utf8.count <= BodyRedaction.longest && long.hasPrefix("[\"ä ") && !long.unicodeScalars.contains("\u{FFFD}"))
        #expect(redaction.text(of: [UInt8](repeating: 0x20, count: 70_000)) == "[not kept: 70000 bytes]")
        #expect(redaction.text(of: Array("{\"password\":".utf8)) == "[not kept: no JSON, 12 bytes]")
        #expect(redaction.text(of: Array(#"{"a":{"Set-Cookie":[1,2]},"b":[true,null,1e9,"x\n"]}"#.utf8)) == #"{"a":{"Set-Cookie":"[redacted]"},"b":[true,null,1e9,"x\n"]}"#)
        #expect(BodyRedaction(rules: ["/a~1b/0"]).text(of: Array(#"{"a/b":[1,2]}"#.utf8)) == #"{"a/b":["[redacted]",2]}"#)
    }
}
