import Foundation
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct EventTypeRoutesTests {
    private static let schema = #"{"type": "object","properties":{"orderId":{"type":"string"},"total":{"type":"number","minimum":0}},"required":["orderId"]}"#
    private static let type = #"{"name":"order.paid","description":"Paid","schema":\#(schema),"example":{"orderId":"A", "total":1.50}}"#

    private func patch(_ api: TestAPI, _ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await api.client.send("PATCH", path, body: Data(body.utf8), headers: headers)
    }

    @Test func `the catalogue shows what every workspace publishes, each with an example that is published as it is`() async throws {
        try await TestAPI.run { api in
            let catalogue = try await api.client.get("/api/event-types")
            #expect(catalogue.texts("data", "name") == [
                "course.completed", "delivery.exhausted", "delivery.recovered", "endpoint.certificate_expiring", "endpoint.disabled",
                "endpoint.warning", "file.uploaded", "quiz.submitted", "system.alert", "user.created", "user.updated", "voice.command",
            ], "\(catalogue)")
            for (index, name) in catalogue.texts("data", "name").enumerated() {
                let example = try #require(catalogue.value("data.\(index).example"))
                let body = try JSONSerialization.data(withJSONObject: ["event": name, "data": example])
                let published = try await api.client.send("POST", "/api/events", body: body)
                #expect(published.status == 202, "\(published)")
                #expect(try await api.client.get("/api/event-types/\(name)").text("name") == name)
                #expect(try await api.client.send("DELETE", "/api/event-types/\(name)").isProblem(409, "built_in"))
            }
            let sample = #"{"event":"course.completed","data":{"course":{"id":"course_123","name":"Introduction to AI","score":95},"user":{"id":"user_456","name":"John Doe","email":"john@example.com"}}}"#
            #expect(try await api.client.post("/api/events", sample).status == 202)
            let wrong = try await api.client.post("/api/events", #"{"event":"course.completed","data":{"course":{"id":5,"score":101}}}"#)
            #expect(wrong.isProblem(409, "event_not_of_its_type"), "\(wrong)")
            #expect(Set(wrong.texts("errors", "pointer")) == ["/data/user", "/data/course/id", "/data/course/score"], "\(wrong)")
            #expect(try await api.client.post("/api/event-types", Self.type.replacingOccurrences(of: "order.paid", with: "user.created")).isProblem(409, "name_taken"))
        }
    }

    @Test func `a workspace has types of its own, against which its events are checked at once`() async throws {
        try await TestAPI.run { api in
            let unchecked = #"{"event":"order.paid","data":{"total":-1}}"#
            #expect(try await api.client.post("/api/events", unchecked).status == 202, "unknown types are taken")
            let made = try await api.client.post("/api/event-types", Self.type)
            #expect(made.status == 201 && made.body.contains(#""schema":\#(Self.schema)"#) && made.headers["etag"] == "\"1\"", "\(made)")
            #expect(made.body.contains(#""example":{"orderId":"A", "total":1.50}"#) && made.bool("custom") == true, "\(made)")
            let wrong = try await api.client.post("/api/events", unchecked)
            #expect(wrong.isProblem(409, "event_not_of_its_type") && Set(wrong.texts("errors", "pointer")) == ["/data/orderId", "/data/total"], "\(wrong)")
            #expect(try await api.client.post("/api/events", #"{"event":"order.paid","data":{"orderId":"B"}}"#).status == 202)
            #expect(try await api.client().post("/api/events", unchecked).status == 202, "not another workspace's")
            #expect(try await api.client.post("/api/event-types", Self.type).isProblem(409, "name_taken"))

            let path = "/api/event-types/order.paid"
            let changed = try await patch(api, path, #"{"schema":{"required":["id"]},"example":{"id":1}}"#, headers: ["If-Match": "\"1\""])
            #expect(changed.status == 200 && changed.int("version") == 2 && changed.text("description") == "Paid", "\(changed)")
            #expect(try await patch(api, path, "{}", headers: ["If-Match": "\"1\""]).isProblem(412, "version_conflict"))
            #expect(try await api.client.post("/api/events", #"{"event":"order.paid","data":{"orderId":"B"}}"#).texts("errors", "pointer") == ["/data/id"])
            #expect(try await patch(api, path, #"{"name":"a.b"}"#).texts("errors", "pointer") == ["/name"])
            #expect(try await patch(api, path, #"{"schema":null}"#).texts("errors", "pointer") == ["/schema"])

            #expect(try await api.client.send("DELETE", path).status == 204)
            #expect(try await api.client.get(path).isProblem(404, "not_found"))
            #expect(try await api.client.post("/api/events", unchecked).status == 202)
        }
    }

    @Test func `another process hears of a changed type within a second`() async throws {
        try await TestAPI.run { api in
            let unchecked = #"{"event":"order.paid","data":{}}"#
            #expect(try await api.client.post("/api/events", unchecked).status == 202)
            _ = try await api.pool.query(
                "INSERT INTO event_types (workspace_id, name, schema, example) VALUES ($1, 'order.paid', '{\"required\":[\"id\"]}', '{}')",
                [.id(api.workspace.value)])
            try await eventually("the type is known", within: .seconds(5)) { try await api.client.post("/api/events", unchecked).status == 409 }
        }
    }

    @Test func `a strict workspace publishes known types only`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.post("/api/event-types", Self.type)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202)
            #expect(try await patch(api, "/api/event-types/settings", #"{"strict":true}"#).bool("strict") == true)
            let refused = try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#)
            #expect(refused.isProblem(409, "event_not_of_its_type") && refused.texts("errors", "pointer") == ["/event"], "\(refused)")
            #expect(try await api.client.post("/api/events", #"{"event":"order.paid","data":{"orderId":"1"}}"#).status == 202)
            #expect(try await api.client().post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202)
            #expect(try await api.client.get("/api/event-types/settings").bool("strict") == true)
            #expect(try await patch(api, "/api/event-types/settings", "{}").texts("errors", "pointer") == ["/strict"])
            _ = try await patch(api, "/api/event-types/settings", #"{"strict":false}"#)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202)
        }
    }

    @Test(arguments: [
        (#"{"name":"A.b","schema":5,"example":[]}"#, 422, ["/name", "/example"]),
        (#"{"name":"a.b","schema":{"properties":{"x":{"minimun":1}}},"example":{}}"#, 409, ["/schema/properties/x/minimun"]),
        (##"{"name":"a.b","schema":{"$ref":"#/$defs/x"},"example":{}}"##, 409, ["/schema/$ref"]),
        (#"{"name":"a.b","schema":{"pattern":"(?=x)"},"example":{}}"#, 409, ["/schema/pattern"]),
        (#"{"name":"a.b","schema":{"required":["x"],"properties":{"y":{"type":"string"}}},"example":{"y":1}}"#, 409, ["/example/x", "/example/y"]),
        (#"{"name":"a.b","schema":true}"#, 422, ["/example"]), (#"{"name":"a.b","schema":5,"example":{}}"#, 422, ["/schema"]),
    ])
    func `a type that could not be enforced is refused`(body: String, status: Int, pointers: [String]) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/event-types", body)
            #expect(answer.status == status && answer.texts("errors", "pointer") == pointers, "\(answer)")
        }
    }

    @Test func `both kinds of types are paged in one order`() async throws {
        try await TestAPI.run { api in
            for name in ["a.a", "d.d", "z.z"] {
                #expect(try await api.client.post("/api/event-types", Self.type.replacingOccurrences(of: "order.paid", with: name)).status == 201)
            }
            var names: [String] = []
            var path = "/api/event-types?limit=3"
            while true {
                let page = try await api.client.get(path)
                names += page.texts("data", "name")
                guard let cursor = page.text("nextCursor") else { break }
                path = "/api/event-types?limit=3&cursor=\(cursor)"
            }
            #expect(names == names.sorted() && names.count == 15, "\(names)")
            #expect(try await api.client.get("/api/event-types?custom=true").texts("data", "name") == ["a.a", "d.d", "z.z"])
            #expect(try await api.client.get("/api/event-types?custom=false").count("data") == 12)
        }
    }

    @Test func `a workspace has a bounded number of types`() async throws {
        try await TestAPI.run { api in
            _ = try await api.pool.query(
                "INSERT INTO event_types (workspace_id, name, schema, example) SELECT $1, 'many.n' || n, 'true', '{}' FROM generate_series(1, 500) n",
                [.id(api.workspace.value)])
            #expect(try await api.client.post("/api/event-types", Self.type).isProblem(409, "too_many_event_types"))
        }
    }
}
