import Foundation
import Identity
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct DeadLetterPayloadTests {
    private func patch(_ api: TestAPI, _ id: String, _ body: String, headers: [String: String] = [:], as client: Client? = nil) async throws -> Answer {
        try await (client ?? api.client).send("PATCH", "/api/dead-letters/\(id)", body: Data(body.utf8), headers: headers)
    }

    private func picky(_ api: TestAPI) async throws -> String {
        let id = try await api.makeJob(#"{"kind":"test.picky","payload":{"name":"old"}}"#)
        try await api.bury(id)
        return id
    }

    @Test func `a payload is changed with its versions and authors kept, and the replayed job runs with the new one`() async throws {
        try await TestAPI.run { api in
            let id = try await picky(api)
            let before = try await api.client.get("/api/dead-letters/\(id)")
            #expect(before.headers["etag"] == "\"1\"" && before.int("payloadVersion") == 1 && before.count("payloads") == 1, "\(before)")
            let edited = try await patch(api, id, #"{"payload":{"name":"new","inner":{"count":12345678901234567}}}"#, headers: ["If-Match": "\"1\""])
            #expect(edited.status == 200 && edited.int("payloadVersion") == 2 && edited.headers["etag"] == "\"2\"", "\(edited)")
            #expect(try await patch(api, id, #"{"payload":{"name":"newer"},"ifVersion":2}"#).int("payloadVersion") == 3)
            let letter = try await api.client.get("/api/dead-letters/\(id)")
            #expect(letter.text("payload.name") == "newer" && letter.int("payloadVersion") == 3 && letter.count("payloads") == 3, "\(letter)")
            #expect(letter.text("payloads.0.author") == nil && letter.text("payloads.2.author")?.hasPrefix("key_") == true)
            for (version, name) in [(1, "old"), (2, "new"), (3, "newer")] {
                let payload = try await api.client.get("/api/dead-letters/\(id)/payloads/\(version)")
                #expect(payload.text("payload.name") == name && payload.int("version") == version, "\(payload)")
            }
            #expect(try await api.client.get("/api/dead-letters/\(id)/payloads/2").body.contains("12345678901234567"), "kept to the byte")
            #expect(try await api.client.get("/api/dead-letters/\(id)/payloads/4").status == 404)
            #expect(try await api.client.get("/api/operator-actions?action=dead_letters.edit").int("data.0.detail.payloadVersion") == 3)
            #expect(try await api.client.post("/api/dead-letters/replay", #"{"ids":["\#(id)"]}"#).int("replayed") == 1)
            #expect(try await api.client.get("/api/jobs/\(id)").text("payload.name") == "newer")
        }
    }

    @Test func `an author who has seen an older version is refused`() async throws {
        try await TestAPI.run { api in
            let id = try await picky(api)
            #expect(try await patch(api, id, #"{"payload":{"name":"a"}}"#).status == 200)
            let stale = try await patch(api, id, #"{"payload":{"name":"b"}}"#, headers: ["If-Match": "\"1\""])
            #expect(stale.isProblem(412, "version_conflict") && stale.text("detail")?.contains("version 2") == true, "\(stale)")
            #expect(try await patch(api, id, #"{"payload":{"name":"b"},"ifVersion":1}"#).isProblem(409, "version_conflict"))
            #expect(try await patch(api, id, #"{"payload":{"name":"b"}}"#, headers: ["If-Match": "\"x\""]).isProblem(412, "version_conflict"))
            let both = try await withThrowingTaskGroup(of: Int.self) { group in
                for name in ["c", "d"] {
                    group.addTask { try await patch(api, id, #"{"payload":{"name":"\#(name)"},"ifVersion":2}"#).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(both == [200, 409], "one of two at once")
            #expect(try await api.client.get("/api/dead-letters/\(id)").int("payloadVersion") == 3)
        }
    }

    @Test func `a payload that does not fit its kind is refused, and so is a job that is not dead, and a stranger`() async throws {
        try await TestAPI.run { api in
            let id = try await picky(api)
            let wrong = try await patch(api, id, #"{"payload":{"name":"a","inner":{"count":"x"}}}"#)
            #expect(wrong.isProblem(409, "payload_does_not_fit") && wrong.text("errors.0.pointer") == "/payload/inner/count", "\(wrong)")
            #expect(try await patch(api, id, "{}").text("errors.0.pointer") == "/payload")
            #expect(try await patch(api, id, #"{"payload":{"name":"a"},"ifVersoin":1}"#).isProblem(422, "validation_failed"))
            let large = try await patch(api, id, #"{"payload":{"name":"\#(String(repeating: "x", count: 256 << 10))"}}"#)
            #expect(large.isProblem(413, "too_large"))
            let alive = try await api.makeJob()
            #expect(try await patch(api, alive, #"{"payload":{}}"#).isProblem(409, "not_dead"))
            let stranger = try await api.client()
            #expect(try await patch(api, id, #"{"payload":{"name":"b"}}"#, as: stranger).isProblem(404, "not_found"))
            #expect(try await stranger.get("/api/dead-letters/\(id)/payloads/1").status == 404)
            let reader = try await api.client(workspace: api.workspace, scopes: [.jobsRead])
            #expect(try await patch(api, id, #"{"payload":{"name":"b"}}"#, as: reader).isProblem(403, "missing_scope"))
            #expect(try await api.client.get("/api/dead-letters/\(id)").text("payload.name") == "old")
            _ = try await api.pool.query("UPDATE jobs SET kind = 'gone.kind' WHERE state = 'dead'")
            #expect(try await patch(api, id, #"{"payload":{"name":"b"}}"#).isProblem(409, "payload_does_not_fit"))
        }
    }

    @Test func `a delivery's payload can be repaired too, though its kind is none that clients enqueue`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            try await api.bury(id)
            _ = try await api.pool.query("UPDATE jobs SET kind = 'webhook.deliver', queue = 'webhooks'")
            #expect(try await patch(api, id, #"{"payload":{"body":"{}"}}"#).text("errors.0.pointer")?.hasPrefix("/payload/") == true)
            let whole = #"{"endpointId":"whk_01jd0q2v7wk5x8y9zabcdefghj","eventId":"e","eventType":"t","body":"{}"}"#
            #expect(try await patch(api, id, #"{"payload":\#(whole)}"#).int("payloadVersion") == 2)
        }
    }
}
