import TestSupport
import Testing

@Suite struct EventRoutesTests {
    @Test func `an event goes to every endpoint of its type, once`() async throws {
        try await TestAPI.run { api in
            for type in ["course.completed", "course.completed", "quiz.submitted"] {
                _ = try await api.client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"https://example.com/"}"#)
            }
            let body = #"{"event":"course.completed","data": {"score": 95.50},"timestamp":"2024-01-15T10:30:00Z"}"#
            let answer = try await api.client.post("/api/events", body)
            #expect(answer.status == 202, "\(answer)")
            #expect(answer.int("deliveries") == 2)
            let id = try #require(answer.text("eventId"))
            let event = try await api.client.get("/api/events/\(id)")
            #expect(event.text("event") == "course.completed" && event.text("timestamp") == "2024-01-15T10:30:00Z", "\(event)")
            #expect(event.body.contains(#""data":{"score": 95.50}"#), "\(event)")
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
