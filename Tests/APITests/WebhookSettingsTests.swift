import Foundation
import TestSupport
import Testing

/// What an endpoint may ask for.
@Suite struct WebhookSettingsTests {
    static let whole = #"""
        {"eventTypes":["course.completed","*"],"webhookUrl":"https://example.com/hook","description":"d","filter":{"data.course.score":{"$gte":90}},
        "headers":{"X-Team":"a","Authorization":"Bearer hidden-words","x-plain":{"value":"also-hidden","secret":true}},"metadata":{"b":1,"a":2.50},
        "rate":{"jobs":10,"seconds":1},"burst":3,"concurrency":4,"timeoutSeconds":20,"retrySchedule":[5,60],"deliveryOrder":"key","orderKey":"/course/id",
        "apiVersion":"2024-01-15"}
        """#

    @Test func `all that was asked for is shown, but no secret header`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", Self.whole)
            #expect(made.status == 201, "\(made)")
            let id = try #require(made.text("id"))
            #expect(made.headers["location"] == "/api/webhooks/\(id)" && made.headers["etag"] == "\"1\"")
            let shown = try await api.client.get("/api/webhooks/\(id)")
            for answer in [made, shown] {
                #expect(answer.value("eventTypes") as? [String] == ["course.completed", "*"])
                #expect(answer.body.contains(#""filter":{"data.course.score":{"$gte":90}}"#) && answer.body.contains(#""metadata":{"b":1,"a":2.50}"#))
                #expect(answer.text("headers.x-team.value") == "a" && answer.bool("headers.x-team.secret") == false)
                #expect(answer.bool("headers.authorization.secret") == true && answer.bool("headers.x-plain.secret") == true, "\(answer)")
                #expect(answer.int("rate.jobs") == 10 && answer.int("burst") == 3 && answer.int("concurrency") == 4, "\(answer)")
                #expect(answer.int("timeoutSeconds") == 20 && answer.value("retrySchedule") as? [Int] == [5, 60])
                #expect(answer.text("deliveryOrder") == "key" && answer.text("orderKey") == "/course/id" && answer.text("apiVersion") == "2024-01-15")
            }
            let list = try await api.client.get("/api/webhooks")
            for text in [made.body, shown.body, list.body, api.lines.text] { #expect(!text.contains("hidden")) }
            for table in ["endpoints", "endpoint_secrets", "idempotency_keys"] {
                #expect(try await api.number("SELECT count(*) FROM \(table) t WHERE t::text LIKE '%hidden%'") == 0, "sealed in \(table)")
            }
            let lanes = try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)")
            #expect(lanes.int("data.0.limits.rate.jobs") == 10 && lanes.int("data.0.limits.concurrency") == 4, "\(lanes)")
        }
    }

    @Test func `a FIFO endpoint's lane is strict`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", #"{"eventType":"*","webhookUrl":"https://example.com/","deliveryOrder":"fifo"}"#)
            let id = try #require(made.text("id"), "\(made)")
            #expect(try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)").bool("data.0.limits.strict") == true)
            let changed = try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(#"{"deliveryOrder":null}"#.utf8))
            #expect(changed.text("deliveryOrder") == "none", "\(changed)")
            #expect(try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)").bool("data.0.limits.strict") == nil)
        }
    }

    @Test(arguments: [
        (#""filter":{"course":1}"#, "/filter/course"), (#""filter":{"data.x":{"$regex":"a"}}"#, "/filter/data.x/$regex"), (#""filter":[]"#, "/filter"),
        (#""headers":{"Host":"a"}"#, "/headers/Host"), (#""headers":{"Webhook-Id":"a"}"#, "/headers/Webhook-Id"),
        (#""headers":{"content-length":"1"}"#, "/headers/content-length"), (#""headers":{"User-Agent":"a"}"#, "/headers/User-Agent"),
        (#""headers":{"a b":"c"}"#, "/headers/a b"), (#""headers":{"x":"a\r\nhost: b"}"#, "/headers/x"), (#""headers":{"x":5}"#, "/headers/x"),
        (#""headers":{"x":{"secret":true}}"#, "/headers/x/value"), (#""headers":{"X":"a","x":"b"}"#, "/headers/x"),
        (#""timeoutSeconds":31"#, "/timeoutSeconds"), (#""retrySchedule":[5,0]"#, "/retrySchedule/1"), (#""deliveryOrder":"lifo""#, "/deliveryOrder"),
        (#""deliveryOrder":"key""#, "/orderKey"), (#""orderKey":"course""#, "/orderKey"), (#""apiVersion":"v1""#, "/apiVersion"),
        (#""signature":"v2""#, "/signature"), (#""signature":"v1a","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw""#, "/secret"),
        (#""metadata":[]"#, "/metadata"), (#""rate":{"jobs":-1}"#, "/rate/jobs"), (#""burst":0"#, "/burst"), (#""strict":true"#, "/strict"),
        (#""unknown":1"#, "/unknown"),
    ])
    func `what is wrong with a setting is pointed at`(member: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/",\#(member)}"#)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.texts("errors", "pointer").contains(pointer), "\(answer)")
            #expect(try await api.number("SELECT count(*) FROM endpoints") == 0)
        }
    }

    @Test func `several types with filters of their own become one webhook, which gets each event once`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post(
                "/api/webhooks/subscribe",
                #"""
                {"eventTypes":["user.created"],"filters":{"course.completed":{"data.course.score":{"$gte":90}}},"webhookUrl":"https://example.com/"}
                """#)
            #expect(made.status == 201 && made.text("secret") != nil, "\(made)")
            #expect(made.value("eventTypes") as? [String] == ["user.created", "course.completed"])
            func deliveries(_ type: String, _ data: String) async throws -> Int? {
                try await api.client.post("/api/events", #"{"event":"\#(type)","data":\#(data)}"#).int("deliveries")
            }
            let user = #""user":{"id":"u"}"#
            #expect(try await deliveries("user.created", "{\(user)}") == 1)
            #expect(try await deliveries("course.completed", #"{"course":{"id":"c","score":90},\#(user)}"#) == 1)
            #expect(try await deliveries("course.completed", #"{"course":{"id":"c","score":89.9},\#(user)}"#) == 0)
            #expect(try await deliveries("quiz.submitted", #"{"quiz":{"id":"q"},\#(user)}"#) == 0)
            let wrong = try await api.client.post(
                "/api/webhooks/subscribe", #"{"filters":{"a.b":{"x":1}},"webhookUrl":"https://example.com/"}"#)
            #expect(wrong.texts("errors", "pointer") == ["/filters/a.b/x"], "\(wrong)")
            let none = try await api.client.post("/api/webhooks/subscribe", #"{"webhookUrl":"https://example.com/"}"#)
            #expect(none.texts("errors", "pointer") == ["/eventTypes"], "\(none)")
        }
    }
}
