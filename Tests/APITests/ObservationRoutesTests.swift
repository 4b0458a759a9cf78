import FoundationEssentials
import Identity
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct ObservationRoutesTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func stored(_ api: TestAPI, _ answer: Answer) async throws -> String {
        let id = try #require(answer.text("jobId").flatMap { JobID($0) })
        return try await api.pool.query("SELECT trace FROM jobs WHERE id = $1", [.id(id.value)])[0].text(0)
    }

    @Test func `a job keeps the trace of its request, state and all`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["traceparent": Self.trace, "tracestate": "rojo=00f0, congo=t61"])
            #expect(try await stored(api, answer) == "\(Self.trace) rojo=00f0,congo=t61")
            #expect(try await api.client.get("/api/jobs/\(answer.text("jobId") ?? "")").text("traceparent") == Self.trace)
        }
    }

    @Test func `a malformed traceparent starts a new trace, without its state`() async throws {
        try await TestAPI.run { api in
            for header in ["00-XYZ-1-01", Self.trace + "-", "\(Self.trace), \(Self.trace)", ""] {
                let answer = try await api.client.post(
                    "/api/jobs", #"{"kind":"noop","payload":{}}"#, headers: ["traceparent": header, "tracestate": "rojo=1"])
                let context = try #require(TraceContext(stored: try await stored(api, answer)))
                #expect(context.traceID != "0af7651916cd43dd8448eb211c80319c" && context.state.isEmpty, "\(header)")
            }
        }
    }

    @Test func `a tracestate that has no room is dropped, and its trace is kept`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/jobs", #"{"kind":"noop","payload":{}}"#,
                headers: ["traceparent": Self.trace, "tracestate": "a=" + String(repeating: "x", count: 220)])
            #expect(try await stored(api, answer) == Self.trace)
        }
    }

    @Test func `the access log has the trace of its request`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.get("/api/jobs", headers: ["traceparent": Self.trace])
            #expect(api.lines.text.split(separator: "\n").contains { $0.contains(" request ") && $0.contains("0af7651916cd43dd8448eb211c80319c") })
        }
    }

    @Test func `metrics are for who runs the fleet, and name routes by their template`() async throws {
        try await TestAPI.run { api in
            let id = try await api.makeJob()
            for path in ["/api/jobs/\(id)", "/api/jobs/\(id)x", "/api/nowhere/\(id)"] { _ = try await api.client.get(path) }
            _ = try await api.client.send("PROPFIND", "/api/jobs")
            let limited = try await api.client(workspace: api.workspace, scopes: [.jobsRead])
            #expect(try await limited.get("/metrics").isProblem(403, "missing_scope"))
            #expect(try await api.client.with(key: nil).get("/metrics").status == 401)
            let answer = try await api.client.get("/metrics")
            #expect(answer.status == 200 && answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", "\(answer)")
            for series in [
                #"voicera_http_requests_total{method="POST",route="/api/jobs",status="202"} 1"#,
                #"voicera_http_requests_total{method="GET",route="/api/jobs/{id}",status="200"} 1"#,
                #"voicera_http_requests_total{method="GET",route="/api/jobs/{id}",status="404"} 1"#,
                #"voicera_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
                #"voicera_http_requests_total{method="other",route="unmatched",status="405"} 1"#,
                #"voicera_http_request_duration_seconds_count{method="GET",route="/api/jobs/{id}"} 2"#,
                #"voicera_jobs_enqueued_total{kind="noop",queue="default"} 1"#,
            ] { #expect(answer.body.contains(series + "\n"), "\(series)\n\(answer.body)") }
            #expect(!answer.body.contains(id), "an id is no label")
            let open = try await api.client.get("/metrics", headers: ["Accept": "application/openmetrics-text; version=1.0.0"])
            #expect(open.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true && open.body.hasSuffix("# EOF\n"))
        }
    }
}
