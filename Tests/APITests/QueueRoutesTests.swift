import Foundation
import Identity
import Postgres
import TestSupport
import Testing

@Suite struct QueueRoutesTests {
    @Test func `a queue's settings are kept, shown and recorded with their author`() async throws {
        try await TestAPI.run { api in
            let changed = try await api.client.send(
                "PATCH", "/api/queues/slack",
                body: Data(#"{"weight":5,"priority":2,"concurrency":40,"laneDefaults":{"rate":{"jobs":60,"seconds":60},"burst":3,"strict":true}}"#.utf8))
            #expect(changed.status == 200 && changed.int("weight") == 5 && changed.int("laneDefaults.rate.jobs") == 1, "\(changed)")
            let shown = try await api.client.get("/api/queues/slack")
            #expect(shown.int("concurrency") == 40 && shown.bool("laneDefaults.strict") == true && shown.int("laneDefaults.burst") == 3, "\(shown)")
            #expect(try await api.client.get("/api/queues").count("data") == 6)
            _ = try await api.pool.query(
                "INSERT INTO queue_samples (queue, due, scheduled, dead, oldest_due_at, sampled_at) VALUES ('slack', 7, 2, 1, now() - interval '1 minute', now())")
            let sampled = try await api.client.get("/api/queues/slack")
            #expect(sampled.int("due") == 7 && sampled.int("scheduled") == 2 && sampled.text("oldestDueAt") != nil, "\(sampled)")
            #expect(try await api.number("SELECT count(*) FROM operator_actions WHERE action = 'queues.change' AND actor LIKE 'key_%'") == 1)
            #expect(try await api.client.get("/api/queues/none").isProblem(404, "not_found"))
        }
    }

    @Test func `what is wrong with a queue's settings is said and nothing is changed`() async throws {
        try await TestAPI.run { api in
            let wrong = try await api.client.send(
                "PATCH", "/api/queues/slack", body: Data(#"{"weight":0,"wieght":2,"laneDefaults":{"rate":{"seconds":1},"burst":0}}"#.utf8))
            #expect(wrong.isProblem(422, "validation_failed"))
            #expect(
                Set(wrong.texts("errors", "pointer")) == ["/weight", "/wieght", "/laneDefaults/rate/jobs", "/laneDefaults/burst"], "\(wrong)")
            #expect(try await api.client.get("/api/queues/slack").int("weight") == 1)
        }
    }

    @Test func `a paused queue says who paused it and why`() async throws {
        try await TestAPI.run { api in
            #expect(try await api.client.post("/api/queues/voice/pause", "{}").isProblem(422, "validation_failed"), "a reason is needed")
            let paused = try await api.client.post("/api/queues/voice/pause", #"{"reason":"the recogniser is down","seconds":3600}"#)
            #expect(paused.bool("paused") == true && (3590...3600).contains(paused.int("pausedSeconds") ?? 0), "\(paused)")
            let shown = try await api.client.get("/api/queues/voice")
            #expect(shown.text("pausedReason") == "the recogniser is down" && shown.text("pausedBy")?.hasPrefix("key_") == true, "\(shown)")
            #expect(try await api.client.post("/api/queues/voice/resume", "{}").bool("paused") == false)
        }
    }

    @Test func `a draining queue takes no new jobs and says so`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.post("/api/queues/default/drain", "{}")
            try await eventually("the API has heard of it") {
                try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).isProblem(409, "queue_draining")
            }
            #expect(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},"queue":"system"}"#).status == 202)
            _ = try await api.client.post("/api/queues/default/undrain", "{}")
            try await eventually("it takes jobs again") { try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status == 202 }
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `while the deliveries' queue drains no event is taken`() async throws {
        try await TestAPI.run { api in
            let event = #"{"event":"course.completed","data":{"course":{"id":"c"},"user":{"id":"u"}}}"#
            #expect(try await api.client.post("/api/events", event).status == 202)
            _ = try await api.client.post("/api/queues/webhooks/drain", "{}")
            try await eventually("the API has heard of it") { try await api.client.post("/api/events", event).isProblem(409, "queue_draining") }
            _ = try await api.client.post("/api/queues/webhooks/undrain", "{}")
            try await eventually("it takes events again") { try await api.client.post("/api/events", event).status == 202 }
        }
    }

    @Test func `queues and workers are for keys of the fleet`() async throws {
        try await TestAPI.run { api in
            let client = try await api.client(workspace: api.workspace, scopes: [.operator, .jobsRead])
            #expect(try await client.get("/api/queues").isProblem(403, "missing_scope"))
            #expect(try await client.get("/api/workers").isProblem(403, "missing_scope"))
            #expect(try await client.post("/api/queues/voice/pause", #"{"reason":"x"}"#).isProblem(403, "missing_scope"))
            #expect(try await api.client.get("/api/workers").count("data") == 0)
        }
    }
}
