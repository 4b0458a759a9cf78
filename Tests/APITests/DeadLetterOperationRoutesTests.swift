import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct DeadLetterOperationRoutesTests {
    private static let path = "/api/dead-letters/operations"

    /// What the leading scheduler does, without one.
    private func work(_ api: TestAPI) async throws {
        let term = try #require(try await Leadership(pool: api.pool, holder: "s1", lease: .seconds(60)).claim())
        let operations = DeadLetterOperationTable(pool: api.pool)
        for operation in try await operations.running(limit: 100, term: term) { _ = try await operations.step(operation.id, term: term) }
    }

    private func bury(_ count: Int, _ api: TestAPI) async throws -> [String] {
        var ids: [String] = []
        for _ in 0..<count {
            ids.append(try await api.makeJob())
            try await api.bury(ids[ids.count - 1])
        }
        return ids
    }

    @Test func `a replay with a rate is an operation, which says how far it is`() async throws {
        try await TestAPI.run { api in
            _ = try await bury(3, api)
            let begun = try await api.client.post("/api/dead-letters/replay", #"{"filter":{"kind":"noop"},"rate":1}"#)
            #expect(begun.status == 202 && begun.text("status") == "running" && begun.int("total") == 3 && begun.int("rate") == 1, "\(begun)")
            let id = try #require(begun.text("operationId"))
            #expect(id.hasPrefix("dlo_") && begun.text("links.self") == "\(Self.path)/\(id)" && begun.text("filter.kind") == "noop")
            try await work(api)
            let shown = try await api.client.get("\(Self.path)/\(id)")
            #expect(shown.int("processed") == 1 && shown.int("done") == 1 && shown.text("status") == "running", "\(shown)")
            #expect(try await api.client.get("\(Self.path)?status=running").texts("data", "operationId") == [id])
            #expect(try await api.client.get("\(Self.path)?status=done").count("data") == 0)
            let actions = try await api.client.get("/api/operator-actions")
            #expect(actions.text("data.0.detail.operationId") == id && actions.text("data.0.detail.filter.kind") == "noop", "\(actions)")
            #expect(actions.text("data.0.action") == "dead_letters.replay" && actions.int("data.0.detail.total") == 3)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `an operation is paused, resumed and cancelled, each recorded, and by its own workspace only`() async throws {
        try await TestAPI.run { api in
            let ids = try await bury(2, api)
            let begun = try await api.client.post("/api/dead-letters/discard", #"{"ids":["\#(ids[0])","\#(ids[1])"],"background":true}"#)
            let id = try #require(begun.text("operationId"))
            #expect(begun.status == 202 && begun.int("ids") == 2 && begun.text("action") == "discard", "\(begun)")
            let other = try await api.client()
            #expect(try await other.get("\(Self.path)/\(id)").status == 404)
            #expect(try await other.post("\(Self.path)/\(id)/cancel", "{}").isProblem(404, "not_found"))
            #expect(try await other.get(Self.path).count("data") == 0)
            #expect(try await api.client.post("\(Self.path)/\(id)/pause", "{}").text("status") == "paused")
            try await work(api)
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE state = 'dead'") == 2)
            #expect(try await api.client.post("\(Self.path)/\(id)/resume", "{}").text("status") == "running")
            try await work(api)
            let ended = try await api.client.get("\(Self.path)/\(id)")
            #expect(ended.text("status") == "done" && ended.int("done") == 2 && ended.text("endedAt") != nil, "\(ended)")
            #expect(try await api.client.post("\(Self.path)/\(id)/cancel", "{}").isProblem(409, "operation_over"))
            #expect(try await api.client.post("\(Self.path)/dlo_00000000000000000000000000/cancel", "{}").status == 404)
            let actions = try await api.client.get("/api/operator-actions").texts("data", "action")
            #expect(actions == ["dead_letter_operations.resume", "dead_letter_operations.pause", "dead_letters.discard"])
            #expect(try await api.client(workspace: api.workspace, scopes: [.jobsRead]).post("\(Self.path)/\(id)/cancel", "{}").status == 403)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `more than a thousand are always an operation, with nothing left out`() async throws {
        try await TestAPI.run { api in
            let jobs = #"{"jobs":[\#(Array(repeating: #"{"kind":"noop","payload":{}}"#, count: 601).joined(separator: ","))]}"#
            for _ in 0..<2 { #expect(try await api.client.post("/api/jobs/batch", jobs).status == 202) }
            try await api.buryAll()
            let dry = try await api.client.post("/api/dead-letters/discard", #"{"filter":{},"dryRun":true}"#)
            #expect(dry.int("total") == 1202 && dry.bool("background") == true && dry.count("results") == 1000, "\(dry.status)")
            let some = try await api.client.post("/api/dead-letters/discard", #"{"filter":{},"limit":2}"#)
            #expect(some.status == 200 && some.int("discarded") == 2 && some.bool("limitReached") == true)
            let begun = try await api.client.post("/api/dead-letters/discard", #"{"filter":{}}"#)
            #expect(begun.status == 202 && begun.int("total") == 1200, "\(begun)")
            for _ in 0..<2 { try await work(api) }
            let id = try #require(begun.text("operationId"))
            #expect(try await api.client.get("\(Self.path)/\(id)").text("status") == "done")
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") == 1202)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `a repeated request with its key begins no second operation, and there is a bound to open ones`() async throws {
        try await TestAPI.run { api in
            let body = #"{"filter":{},"background":true}"#
            let first = try await api.client.post("/api/dead-letters/replay", body, headers: ["Idempotency-Key": "k"])
            let again = try await api.client.post("/api/dead-letters/replay", body, headers: ["Idempotency-Key": "k"])
            #expect(first.status == 202 && again.status == 202 && again.text("operationId") == first.text("operationId"))
            #expect(again.headers["idempotent-replayed"] == "true")
            let other = try await api.client.post("/api/dead-letters/replay", #"{"filter":{},"rate":5}"#, headers: ["Idempotency-Key": "k"])
            #expect(other.isProblem(422, "idempotency_key_reused"), "\(other)")
            for _ in 1..<DeadLetterOperationTable.mostOpen { #expect(try await api.client.post("/api/dead-letters/replay", body).status == 202) }
            #expect(try await api.client.post("/api/dead-letters/replay", body).isProblem(409, "too_many_operations"))
        }
    }

    @Test(arguments: [#"{"filter":{},"rate":0}"#, #"{"filter":{},"rate":5001}"#, #"{"filter":{},"background":"yes"}"#, #"{"filter":{"webhookId":"x"}}"#])
    func `an operation that is not clear is not begun`(body: String) async throws {
        try await TestAPI.run { api in
            let refused = try await api.client.post("/api/dead-letters/discard", body)
            #expect(refused.isProblem(422, "validation_failed"), "\(refused)")
            let open = try await api.client.get(Self.path)
            #expect(open.count("data") == 0, "\(open)")
        }
    }
}
