import Foundation
import TestSupport
import Testing

@Suite struct WebhookChangeTests {
    private func made(_ api: TestAPI) async throws -> String {
        try #require(try await api.client.post("/api/webhooks", WebhookSettingsTests.whole).text("id"))
    }

    private func change(_ api: TestAPI, _ id: String, _ patch: String, headers: [String: String] = [:]) async throws -> Answer {
        try await api.client.send("PATCH", "/api/webhooks/\(id)", body: Data(patch.utf8), headers: headers)
    }

    @Test func `what a patch leaves out stays, and a null takes it away`() async throws {
        try await TestAPI.run { api in
            let id = try await made(api)
            let before = try await api.client.get("/api/webhooks/\(id)")
            let same = try await change(api, id, "{}")
            #expect(same.body == before.body && same.headers["etag"] == "\"1\"", "\(same)")

            let one = try await change(api, id, #"{"description":"other","burst":null,"orderKey":null,"deliveryOrder":"none"}"#)
            #expect(one.status == 200 && one.text("description") == "other" && one.value("burst") is NSNull && one.value("orderKey") is NSNull, "\(one)")
            #expect(one.int("rate.jobs") == 10 && one.int("concurrency") == 4 && one.text("headers.x-team.value") == "a" && one.int("version") == 2)
            #expect(one.body.contains(#""filter":{"data.course.score":{"$gte":90}}"#), "\(one)")

            // A filter is one thing, and not merged.
            let two = try await change(api, id, #"{"filter":{"type":"a.b"},"metadata":{"a":null},"retrySchedule":null,"timeoutSeconds":null}"#)
            #expect(two.body.contains(#""filter":{"type":"a.b"}"#) && two.body.contains(#""metadata":{"b":1}"#), "\(two)")
            #expect(two.value("retrySchedule") is NSNull && two.int("timeoutSeconds") == 15)

            let three = try await change(
                api, id, #"{"filter":null,"description":null,"metadata":null,"rate":null,"concurrency":null,"headers":null,"apiVersion":null}"#)
            for name in ["filter", "rate", "concurrency", "apiVersion"] { #expect(three.value(name) is NSNull, "\(name): \(three)") }
            #expect(three.text("description") == "" && three.body.contains(#""headers":{},"metadata":{}"#))
            #expect(try await api.client.get("/api/webhooks/\(id)").body == three.body)
        }
    }

    @Test func `headers are set one by one, whatever the case of their names, and secret ones stay as they are`() async throws {
        try await TestAPI.run { api in
            let id = try await made(api)
            let changed = try await change(api, id, #"{"headers":{"X-TEAM":null,"x-new":"n","X-Plain":{"value":"hidden again"}}}"#)
            #expect(changed.status == 200 && changed.value("headers.x-team") == nil && changed.text("headers.x-new.value") == "n", "\(changed)")
            #expect(changed.bool("headers.x-plain.secret") == true && changed.bool("headers.authorization.secret") == true, "\(changed)")
            #expect(!changed.body.contains("hidden"))
            let refused = try await change(api, id, #"{"headers":{"Host":"x"}}"#)
            #expect(refused.isProblem(422, "validation_failed") && refused.texts("errors", "pointer") == ["/headers/host"], "\(refused)")
        }
    }

    @Test func `a change that was meant for another version changes nothing`() async throws {
        try await TestAPI.run { api in
            let id = try await made(api)
            #expect(try await change(api, id, #"{"description":"1"}"#, headers: ["If-Match": "\"1\""]).status == 200)
            let late = try await change(api, id, #"{"description":"2"}"#, headers: ["If-Match": "\"1\""])
            #expect(late.status == 409 || late.status == 412, "\(late)")
            let shown = try await api.client.get("/api/webhooks/\(id)", headers: ["If-None-Match": "\"2\""])
            #expect(shown.status == 304)
            #expect(try await api.client.get("/api/webhooks/\(id)").text("description") == "1")
        }
    }

    @Test(arguments: [
        (#"{"webhookUrl":"https://10.0.0.1/"}"#, "/webhookUrl"), (#"{"webhookUrl":null}"#, "/webhookUrl"), (#"{"eventTypes":null}"#, "/eventTypes"),
        (#"{"eventTypes":[]}"#, "/eventTypes"), (#"{"secret":"x"}"#, "/secret"), (#"{"status":"active"}"#, "/status"), (#"{"filter":5}"#, "/filter"),
    ])
    func `what is wrong with a patch is pointed at, and nothing of it is done`(patch: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let id = try await made(api)
            let refused = try await change(api, id, patch)
            #expect(refused.isProblem(422, "validation_failed") && refused.texts("errors", "pointer") == [pointer], "\(refused)")
            #expect(!refused.body.contains("10.0.0.1"))
            #expect(try await api.client.get("/api/webhooks/\(id)").int("version") == 1)
        }
    }

    @Test func `an order by key is not taken its key away`() async throws {
        try await TestAPI.run { api in
            let id = try await made(api)
            #expect(try await change(api, id, #"{"orderKey":null}"#).isProblem(409, "order_key_missing"))
        }
    }

    @Test func `a list is walked both ways and narrowed`() async throws {
        try await TestAPI.run { api in
            var ids: [String] = []
            for number in 0..<5 {
                let type = number == 2 ? "*" : "a.n\(number)"
                ids.insert(
                    try #require(try await api.client.post("/api/webhooks", #"{"eventType":"\#(type)","webhookUrl":"https://example.com/\#(number)"}"#).text("id")),
                    at: 0)
            }
            let first = try await api.client.get("/api/webhooks?limit=2")
            #expect(first.texts("data", "id") == Array(ids[0..<2]) && first.value("previousCursor") is NSNull)
            let second = try await api.client.get("/api/webhooks?limit=2&cursor=\(first.text("nextCursor") ?? "")")
            #expect(second.texts("data", "id") == Array(ids[2..<4]))
            #expect(second.headers["link"]?.contains("rel=\"next\"") == true && second.headers["link"]?.contains("rel=\"prev\"") == true, "\(second)")
            let third = try await api.client.get("/api/webhooks?limit=2&cursor=\(second.text("nextCursor") ?? "")")
            #expect(third.texts("data", "id") == [ids[4]] && third.value("nextCursor") is NSNull)
            let back = try await api.client.get("/api/webhooks?limit=2&cursor=\(third.text("previousCursor") ?? "")")
            #expect(back.texts("data", "id") == Array(ids[2..<4]), "\(back)")
            let start = try await api.client.get("/api/webhooks?limit=2&cursor=\(back.text("previousCursor") ?? "")")
            #expect(start.texts("data", "id") == Array(ids[0..<2]) && start.value("previousCursor") is NSNull, "\(start)")
            #expect(start.text("nextCursor") == first.text("nextCursor"))

            #expect(try await api.client.get("/api/webhooks?eventType=a.n4").texts("data", "id") == [ids[0], ids[2]])
            #expect(try await api.client.get("/api/webhooks?webhookUrl=https%3A%2F%2Fexample.com%2F3").texts("data", "id") == [ids[1]])
            #expect(try await api.client.get("/api/webhooks?status=paused").count("data") == 0)
            #expect(try await api.client.get("/api/webhooks?status=gone").isProblem(422, "validation_failed"))
            #expect(try await api.client.get("/api/webhooks?cursor=jobs_x").isProblem(422, "validation_failed"))
        }
    }
}
