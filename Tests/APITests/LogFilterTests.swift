import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct LogFilterTests {
    @Test func `each filter of the log lets its own lines through`() async throws {
        try await TestAPI.run { api in
            let job = try await api.makeJob(#"{"kind":"noop","payload":{},"lane":"l1"}"#)
            try await api.bury(job)
            let trace = "1af7651916cd43dd8448eb211c80319c"
            let missing = try await api.client.get("/api/jobs/\(job)x", headers: ["X-Request-Id": "wanted", "traceparent": "00-\(trace)-b7ad6b7169203331-01"])
            let other = try await api.client(workspace: api.workspace)
            let deleted = try await other.send("DELETE", "/api/webhooks/whk_00000000000000000000000000")
            for answer in [missing, deleted] { try await api.logged(answer) }
            let wanted = try await api.logged(missing)
            let gone = try await api.logged(deleted)
            let attempt = try #require(try await api.client.get("/api/logs?type=attempt").texts("data", "id").first)
            let principal = try #require(try await api.client.get("/api/logs/\(gone)").text("principal"))
            func ids(_ query: String) async throws -> [String] {
                let answer = try await api.client.get("/api/logs?\(query)")
                #expect(answer.status == 200, "\(answer)")
                return answer.texts("data", "id")
            }
            #expect(try await ids("jobId=\(job)") == [attempt])
            #expect(try await ids("kind=noop") == [attempt])
            #expect(try await ids("lane=l1") == [attempt])
            #expect(try await ids("lane=l2") == [])
            #expect(try await ids("outcome=dead") == [attempt])
            #expect(try await ids("errorClass=http_status") == [attempt])
            #expect(try await ids("status=500") == [attempt])
            #expect(try await ids("status=5xx&type=attempt") == [attempt])
            #expect(try await ids("durationAbove=1499&type=attempt") == [attempt])
            #expect(try await ids("durationAbove=1500&type=attempt") == [])
            #expect(try await ids("requestId=wanted") == [wanted])
            #expect(try await ids("traceId=\(trace)") == [wanted])
            #expect(try await ids("route=/api/jobs/%7Bid%7D") == [wanted])
            #expect(try await ids("errorClass=not_found") == [gone, wanted])
            #expect(try await ids("status=404") == [gone, wanted])
            #expect(try await ids("status=4xx&method=DELETE") == [gone])
            #expect(try await ids("outcome=refused") == [gone, wanted])
            #expect(try await ids("method=DELETE") == [gone])
            #expect(try await ids("principal=\(principal)") == [gone])
            #expect(try await ids("address=127.0.0.1&status=404") == [gone, wanted])
            #expect(try await ids("address=127.0.0.0/8&status=404") == [gone, wanted])
            #expect(try await ids("address=10.0.0.0/8&status=404") == [])
            #expect(try await ids("address=::1&status=404") == [])
            #expect(try await ids("since=2001-01-01T00:00:00Z&method=DELETE") == [gone])
            #expect(try await ids("until=2001-01-01T00:00:00Z") == [])
            let time = try #require(try await api.client.get("/api/logs/\(wanted)").text("at"))
            #expect(try await ids("until=\(time)&status=404") == [])
            #expect(try await ids("since=\(time)&status=404") == [gone, wanted])
            // Two kinds of lines in the order of time.
            let all = try await ids("since=\(time)&outcome=refused") + [attempt]
            #expect(try await ids("limit=200").filter(all.contains) == all)
        }
    }

    @Test(arguments: [
        "status=600", "status=6xx", "status=40", "status=4x", "status=-04", "status=", "address=nowhere", "address=10.0.0.0/33", "address=10.0.0.0/", "address=::/129",
        "traceId=0AF7651916CD43DD8448EB211C80319C", "traceId=1", "durationAbove=-1", "durationAbove=x", "durationAbove=99999999999999999999", "since=now",
        "unauthenticated=yes", "jobId=job_1", "type=", "kind=%00", "cursor=logs_log_", "cursor=logs_5", "requestId=", "limit=0",
    ])
    func `a filter that makes no sense is named`(query: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.get("/api/logs?\(query)")
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.text("errors.0.parameter") == query.split(separator: "=").first.map(String.init))
        }
    }

    @Test func `places beyond all time are the list's beginning or its end, and no fault of ours`() async throws {
        try await TestAPI.run { api in
            try await api.logged(try await api.client.get("/api/nowhere"))
            for cursor in ["7zzzzzzzzzzzzzzzzzzzzzzzzz", "00000000000000000000000000", "3zzzzzzzzzzzzzzzzzzzzzzzzz"] {
                #expect(try await api.client.get("/api/logs?cursor=logs_log_\(cursor)").status == 200, "\(cursor)")
                #expect(try await api.client.get("/api/logs/log_\(cursor)").isProblem(404, "not_found"), "\(cursor)")
            }
            for time in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
                for name in ["since", "until"] { #expect(try await api.client.get("/api/logs?\(name)=\(time)").status == 200, "\(name) \(time)") }
            }
        }
    }

    @Test func `a page looks at no more than its bound, and says where the list goes on`() async throws {
        try await TestAPI.run { api in
            _ = try await api.pool.query(
                """
                INSERT INTO integration_log (at, workspace_id, type, outcome, method, route)
                SELECT now() - (n || ' ms')::interval, $1, CASE WHEN n % 2 = 0 THEN 'request' ELSE 'attempt' END, 'answered', CASE WHEN n % 60000 = 0 THEN 'PUT' END, '/x'
                FROM generate_series(1, 120000) n
                """, [.id(api.workspace.value)])
            var query = "/api/logs?method=PUT&since=2001-01-01T00:00:00Z&limit=1"
            var sizes: [Int] = []
            while true {
                let page = try await api.client.get(query)
                sizes.append(page.count("data") ?? -1)
                guard let cursor = page.text("nextCursor") else { break }
                #expect(page.headers["link"]?.contains("cursor=\(cursor)>") == true)
                query = "/api/logs?method=PUT&since=2001-01-01T00:00:00Z&limit=1&cursor=\(cursor)"
            }
            // Two of 60,000 requests, at 20,000 a page.
            #expect(sizes.reduce(0, +) == 2 && (3...5).contains(sizes.count), "\(sizes)")
            let everything = try await api.client.get("/api/logs?outcome=nothing")
            #expect(everything.count("data") == 0 && everything.text("nextCursor") != nil)
            #expect(try await api.client.get("/api/logs?type=attempt&limit=200").count("data") == 200)
            #expect(try await api.client.get("/api/logs?status=5xx").text("nextCursor") == nil, "failures are found without walking past the others")
        }
    }
}
