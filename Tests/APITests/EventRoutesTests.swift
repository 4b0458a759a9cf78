import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct EventRoutesTests {
    @Test func `an event goes to every endpoint of its type, once`() async throws {
        try await TestAPI.run { api in
            for type in ["course.completed", "course.completed", "quiz.submitted"] {
                _ = try await api.client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"https://example.com/"}"#)
            }
            let body = #"{"event":"course.completed","data": {"course":{"id":"c","score": 95.50},"user":{"id":"u"}},"timestamp":"2024-01-15T10:30:00Z"}"#
            let answer = try await api.client.post("/api/events", body)
            #expect(answer.status == 202, "\(answer)")
            #expect(answer.int("deliveries") == 2)
            let id = try #require(answer.text("eventId"))
            let event = try await api.client.get("/api/events/\(id)")
            #expect(event.text("event") == "course.completed" && event.text("timestamp") == "2024-01-15T10:30:00Z", "\(event)")
            #expect(event.body.contains(#""data":{"course":{"id":"c","score": 95.50},"user":{"id":"u"}}"#), "\(event)")
            #expect(event.count("deliveries") == 2 && event.text("deliveries.0.status") == "pending")
            let job = try await api.client.get("/api/jobs/\(event.text("deliveries.0.jobId") ?? "")")
            #expect(job.text("kind") == "webhook.deliver" && job.text("queue") == "webhooks")
            #expect(job.text("lane") == event.text("deliveries.0.webhookId"))
            #expect(try await api.client.get("/api/jobs?lane=\(job.text("lane") ?? "")").texts("data", "id") == [job.text("id")])
            #expect(try await api.client.get("/api/events?event=course.completed").texts("data", "eventId") == [id])
            #expect(try await api.client.get("/api/events?event=x.y").count("data") == 0)
            let other = try await api.client()
            #expect(try await other.get("/api/events/\(id)").isProblem(404, "not_found"))
            #expect(try await other.post("/api/events", body).int("deliveries") == 0)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `an event passes over endpoints that are paused or disabled, and goes to those that take all types`() async throws {
        try await TestAPI.run { api in
            var ids: [String] = []
            for type in ["a.b", "a.b", "a.b", "c.d", "c.d"] {
                let made = try await api.client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"https://example.com/"}"#)
                ids.append(try #require(made.text("id")))
            }
            for (index, change) in [(1, "status = 'paused'"), (2, "status = 'disabled'"), (3, "event_types = '{*}'")] {
                let id = try #require(EndpointID(ids[index]))
                _ = try await api.pool.query("UPDATE endpoints SET \(change) WHERE id = $1", [.id(id.value)])
            }
            let answer = try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#)
            #expect(answer.int("deliveries") == 2, "\(answer)")
            let event = try await api.client.get("/api/events/\(answer.text("eventId") ?? "")")
            #expect(Set(event.texts("deliveries", "webhookId")) == [ids[0], ids[3]], "\(event)")
            #expect(try await api.client().post("/api/events", #"{"event":"a.b","data":{}}"#).int("deliveries") == 0, "all types of its workspace")
        }
    }

    @Test func `nothing is published while the queue of webhooks drains`() async throws {
        try await TestAPI.run { api in
            let body = #"{"event":"a.b","data":{}}"#
            _ = try await api.client.post("/api/queues/webhooks/drain", "{}")
            try await eventually("the API has heard of it") { try await api.client.post("/api/events", body).isProblem(409, "queue_draining") }
            let published = try await api.number("SELECT count(*) FROM events")
            #expect(try await api.client.post("/api/events", body).status == 409)
            #expect(try await api.number("SELECT count(*) FROM events") == published)
            _ = try await api.client.post("/api/queues/webhooks/undrain", "{}")
            try await eventually("it publishes again") { try await api.client.post("/api/events", body).status == 202 }
        }
    }

    @Test func `an event id is published once`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#)
            let body = #"{"event":"a.b","data":{},"eventId":"order-17_x"}"#
            let first = try await api.client.post("/api/events", body)
            #expect(first.text("eventId") == "order-17_x" && first.int("deliveries") == 1, "\(first)")
            let second = try await api.client.post("/api/events", body)
            #expect(second.status == 202 && second.body == first.body, "\(second)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 1)
            #expect(try await api.client.get("/api/events/order-17_x").status == 200)
        }
    }

    @Test(arguments: [
        (#"{"data":{}}"#, "/event"), (#"{"event":"a","data":{}}"#, "/event"), (#"{"event":"a..b","data":{}}"#, "/event"),
        (#"{"event":"a.b"}"#, "/data"),
        (#"{"event":"a.b","data":[]}"#, "/data"), (#"{"event":"a.b","data":{},"eventId":"a b"}"#, "/eventId"),
        (#"{"event":"a.b","data":{},"eventId":5}"#, "/eventId"),
        (#"{"event":"a.b","data":{},"timestamp":"now"}"#, "/timestamp"),
    ])
    func `what is wrong with an event is pointed at`(body: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/events", body)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.texts("errors", "pointer") == [pointer], "\(answer)")
        }
    }
}
