import Foundation
import Primitives
import Testing

@Suite struct LaneRoutesTests {
    @Test func `a lane's own limits stand beside the queue's, and go when they are left out`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.send("PATCH", "/api/queues/default", body: Data(#"{"laneDefaults":{"concurrency":9}}"#.utf8))
            let set = try await put(api, #"{"queue":"default","lane":"reports","rate":{"jobs":100},"burst":10,"strict":false}"#)
            #expect(set.status == 200 && set.int("limits.rate.jobs") == 100 && set.int("effectiveLimits.concurrency") == 9, "\(set)")
            #expect(set.text("lane") == "reports" && set.value("limits.concurrency") is NSNull)
            let list = try await api.client.get("/api/lanes?queue=default")
            #expect(list.texts("data", "lane") == ["reports"], "\(list)")
            let bare = try await put(api, #"{"queue":"default","lane":"reports"}"#)
            #expect(bare.value("effectiveLimits.rate") is NSNull && bare.int("effectiveLimits.concurrency") == 9, "\(bare)")
            let wrong = try await put(api, #"{"queue":"default","lane":"reports","rate":{"jobs":-1},"brust":1}"#)
            #expect(Set(wrong.texts("errors", "pointer")) == ["/rate/jobs", "/brust"], "\(wrong)")
        }
    }

    @Test func `a paused lane says who paused it and why, and waiting jobs are counted`() async throws {
        try await TestAPI.run { api in
            let paused = try await api.client.post("/api/lanes/pause", #"{"queue":"default","lane":"a","reason":"under repair"}"#)
            #expect(paused.bool("paused") == true && paused.text("pausedReason") == "under repair" && paused.value("pausedSeconds") is NSNull, "\(paused)")
            _ = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},"lane":"a"}"#)
            _ = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#)
            let list = try await api.client.get("/api/lanes?queue=default")
            #expect(Set(list.texts("data", "lane")) == ["a", api.workspace.description], "\(list)")
            #expect(list.texts("data", "oldestDueAt").count == 2)
            #expect(try await api.client.get("/api/lanes?queue=default&lane=a").count("data") == 1)
            let resumed = try await api.client.post("/api/lanes/resume", #"{"queue":"default","lane":"a"}"#)
            #expect(resumed.bool("paused") == false)
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE action IN ('lanes.pause', 'lanes.resume')") == 2)
        }
    }

    @Test func `no workspace sees or changes another one's lanes`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", #"{"eventType":"course.completed","webhookUrl":"https://example.com/hook"}"#)
            let endpoint = try #require(made.text("id"))
            _ = try await api.client.post("/api/lanes/pause", #"{"queue":"default","lane":"a","reason":"mine"}"#)
            _ = try await api.client.post("/api/lanes/pause", #"{"queue":"webhooks","lane":"\#(endpoint)","reason":"mine"}"#)
            let stranger = try await api.client()
            #expect(try await stranger.get("/api/lanes?queue=default").count("data") == 0)
            #expect(try await stranger.get("/api/lanes?queue=webhooks&lane=\(endpoint)").count("data") == 0)
            #expect(try await stranger.post("/api/lanes/resume", #"{"queue":"webhooks","lane":"\#(endpoint)"}"#).status == 404)
            _ = try await stranger.post("/api/lanes/resume", #"{"queue":"default","lane":"a"}"#)
            #expect(try await api.client.get("/api/lanes?queue=default&lane=a").bool("data.0.paused") == true)
            #expect(try await api.client.get("/api/lanes?queue=webhooks").bool("data.0.paused") == true)
        }
    }

    private func put(_ api: TestAPI, _ body: String) async throws -> Answer {
        try await api.client.send("PUT", "/api/lanes/limits", body: Data(body.utf8))
    }
}
