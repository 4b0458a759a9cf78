import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct ErasureRoutesTests {
    private func work(_ api: TestAPI) async throws {
        let term = try #require(try await Leadership(pool: api.pool, holder: "s1", lease: .seconds(60)).claim())
        try await ErasureTable(pool: api.pool).run(term: term)
    }

    @Test func `a person is erased by an order, and nothing tells afterwards who it was`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.send("PATCH", "/api/log-policy", body: .init(#"{"bodies":"all"}"#.utf8))
            _ = try await api.client.post("/api/events", #"{"event":"a.b","data":{"email":"Ann@example.com"},"eventId":"e1"}"#)
            let begun = try await api.client.post("/api/erasures", #"{"email":"ann@example.com"}"#)
            let id = try #require(begun.text("id"), "\(begun)")
            #expect(begun.status == 202 && begun.text("status") == "running" && begun.text("by") == "email", "\(begun)")
            #expect(begun.headers["location"] == "/api/erasures/\(id)")
            try await work(api)
            let shown = try await api.client.get("/api/erasures/\(id)")
            #expect(shown.text("status") == "done" && shown.int("counts.eventBodies") == 1, "\(shown)")
            #expect(try await api.client.get("/api/events/e1").text("data.email") == "[erased]")
            #expect(try await api.client.get("/api/erasures?status=done").texts("data", "id") == [id])
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE detail ILIKE '%ann@%'") == 0)
            #expect(try await api.number("SELECT count(*) FROM erasures WHERE subject IS NOT NULL") == 0)
            #expect(try await api.number("SELECT count(*) FROM integration_log WHERE request_body ILIKE '%erasures%' OR request_body ILIKE '%ann@example.com%'") == 0)
            #expect(try await api.client.post("/api/erasures/\(id)/cancel", "{}").isProblem(409, "erasure_over"))
        }
    }

    @Test(arguments: [
        "{}", #"{"email":"no address"}"#, #"{"userId":"42"}"#, #"{"email":"a@b.c","userId":"user_01jd2n8w5tq3v9k7x4m6b0c1yz"}"#, #"{"mail":"a@b.c"}"#,
    ])
    func `an erasure that is not clear is not begun`(body: String) async throws {
        try await TestAPI.run { api async throws in
            #expect(try await api.client.post("/api/erasures", body).isProblem(422, "validation_failed"))
            #expect(try await api.client.get("/api/erasures").count("data") == 0)
        }
    }

    @Test func `an erasure is an operator's, of the own workspace, and is begun once with a key`() async throws {
        try await TestAPI.run { api in
            let body = #"{"userId":"user_01jd2n8w5tq3v9k7x4m6b0c1yz","dryRun":true}"#
            let first = try await api.client.post("/api/erasures", body, headers: ["Idempotency-Key": "k"])
            let again = try await api.client.post("/api/erasures", body, headers: ["Idempotency-Key": "k"])
            let id = try #require(first.text("id"))
            #expect(again.text("id") == id && first.bool("dryRun") == true)
            let writers = Scope.all.subtracting([.operator])
            #expect(try await api.client(workspace: api.workspace, scopes: writers).post("/api/erasures", body).status == 403)
            let other = try await api.client()
            #expect(try await other.get("/api/erasures/\(id)").status == 404)
            #expect(try await other.post("/api/erasures/\(id)/cancel", "{}").isProblem(404, "not_found"))
            #expect(try await api.client.post("/api/erasures/\(id)/cancel", "{}").text("status") == "cancelled")
        }
    }
}
