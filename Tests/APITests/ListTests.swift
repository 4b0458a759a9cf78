import TestSupport
import Testing

@Suite struct ListTests {
    @Test func `a cursor shows each row once, whatever is added meanwhile`() async throws {
        try await TestAPI.run { api in
            var made: [String] = []
            for _ in 0..<25 { made.append(try await api.makeJob()) }
            var seen: [String] = []
            var path = "/api/jobs?kind=noop&limit=7"
            while true {
                let page = try await api.client.get(path)
                #expect(page.status == 200, "\(page)")
                seen += page.texts("data", "id")
                guard let cursor = page.text("nextCursor") else {
                    #expect(page.headers["link"] == nil)
                    break
                }
                path = "/api/jobs?kind=noop&limit=7&cursor=\(cursor)"
                #expect(page.headers["link"] == "<\(path)>; rel=\"next\"")
                _ = try await api.makeJob()
            }
            #expect(seen == made.reversed())
        }
    }

    @Test func `exactly one page has no next one`() async throws {
        try await TestAPI.run { api in
            for _ in 0..<3 { _ = try await api.makeJob() }
            let page = try await api.client.get("/api/jobs?limit=3")
            #expect(page.count("data") == 3)
            #expect(page.text("nextCursor") == nil)
            #expect(page.body.contains(#""nextCursor":null"#))
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=x", "limit=", "limit=-1", "cursor=x", "cursor=", "cursor=%00", "status=odd", "cursor=ZXZlbnRzIGV2dF8w",
    ])
    func `a bad parameter is named`(query: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.get("/api/jobs?\(query)")
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.text("errors.0.parameter") == query.split(separator: "=").first.map(String.init))
        }
    }

    @Test func `a cursor is good for its own list only`() async throws {
        try await TestAPI.run { api in
            for _ in 0..<2 { _ = try await api.makeJob() }
            let cursor = try #require(try await api.client.get("/api/jobs?limit=1").text("nextCursor"))
            #expect(try await api.client.get("/api/jobs?limit=1&cursor=\(cursor)").status == 200)
            for path in ["/api/webhooks", "/api/events", "/api/logs", "/api/dead-letters"] {
                #expect(try await api.client.get("\(path)?cursor=\(cursor)").isProblem(422, "validation_failed"))
            }
        }
    }

    @Test func `lists are filtered by what they are asked for`() async throws {
        try await TestAPI.run { api in
            let dead = try await api.makeJob()
            try await api.bury(dead)
            let system = try await api.makeJob(#"{"kind":"test.picky","payload":{"name":"a"},"lane":"l1"}"#)
            let moved = try await api.makeJob(#"{"kind":"noop","payload":{},"queue":"slack"}"#)
            func ids(_ query: String) async throws -> [String] { try await api.client.get("/api/jobs?\(query)").texts("data", "id") }
            #expect(try await ids("status=dead") == [dead])
            #expect(try await ids("state=pending") == [moved, system])
            #expect(try await ids("kind=test.picky") == [system])
            #expect(try await ids("queue=slack") == [moved])
            #expect(try await ids("lane=l1") == [system])
            #expect(try await ids("kind=noop&status=pending") == [moved])
            #expect(try await ids("status=succeeded") == [])
            #expect(try await ids("kind=%27%3B--") == [])
        }
    }

    @Test func `the log tells what happened, to its own workspace`() async throws {
        try await TestAPI.run { api in
            let first = try await api.makeJob()
            let second = try await api.makeJob()
            try await api.bury(first)
            try await api.bury(second)
            let log = try await api.client.get("/api/logs?type=attempt")
            #expect(log.texts("data", "jobId") == [second, first], "\(log)")
            #expect(log.text("data.0.outcome") == "dead" && log.int("data.0.httpStatus") == 500)
            #expect(log.int("data.0.details.timings.total") == 1500)
            #expect(try await api.client.get("/api/logs?jobId=\(first)").texts("data", "jobId") == [first])
            #expect(try await api.client.get("/api/logs?outcome=succeeded").count("data") == 0)
            #expect(try await api.client.get("/api/logs?since=2000-01-01T00:00:00Z&until=2001-01-01T00:00:00Z").count("data") == 0)
            #expect(try await api.client.get("/api/logs?since=2000-01-01T00:00:00Z&kind=noop").count("data") == 2)
            #expect(try await api.client.get("/api/logs?since=yesterday").isProblem(422, "validation_failed"))
            #expect(try await api.client.get("/api/logs?jobId=5").isProblem(422, "validation_failed"))
            let page = try await api.client.get("/api/logs?type=attempt&limit=1")
            let rest = try await api.client.get("/api/logs?type=attempt&limit=1&cursor=\(page.text("nextCursor") ?? "")")
            #expect(page.texts("data", "jobId") + rest.texts("data", "jobId") == [second, first])
            #expect(try await api.client().get("/api/logs").count("data") == 0)
        }
    }
}
