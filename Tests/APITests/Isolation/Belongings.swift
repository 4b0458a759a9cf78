import Foundation
import Postgres
import Primitives
import Testing

/// Something of every kind that a path can name, made in one workspace.
struct Belongings {
    /// Of a path up to the closing brace, what stands in the braces: `/api/users/{id}`.
    let names: [String: String]

    typealias Maker = @Sendable (TestAPI, Client, WorkspaceID) async throws -> String

    /// How a thing is made, by the path that names it. **A new path with braces needs a line here**: the walk says so when it is missing.
    static let makers: [(place: String, make: Maker)] = [
        ("/api/users/{id}", { api, client, _ in try await id(client, "/api/users", #"{"name":"Secret Person","email":"secret@example.com"}"#) }),
        ("/api/courses/{id}", { api, client, _ in try await id(client, "/api/courses", #"{"name":"Secret Course"}"#) }),
        (
            "/api/courses/{id}/enrollments/{enrollmentId}",
            { api, client, _ in
                let user = try await id(client, "/api/users", #"{"name":"Secret Learner","email":"learner@example.com"}"#)
                let course = try await client.get("/api/courses?limit=1").texts("data", "id").first ?? ""
                _ = try await client.post("/api/courses/\(course)/completions", #"{"userId":"\#(user)","score":7}"#)
                _ = try await client.post("/api/courses/\(course)/quiz-submissions", #"{"userId":"\#(user)","quizId":"q","score":7}"#)
                return try await id(client, "/api/courses/\(course)/enrollments", #"{"userId":"\#(user)"}"#)
            }
        ),
        (
            "/api/event-types/{name}",
            { api, client, workspace in
                // A name that the other workspace does not have too.
                let name = "secret.n\(workspace.value.low)"
                _ = try await client.post("/api/event-types", #"{"name":"\#(name)","schema":{"type":"object"},"example":{}}"#)
                return name
            }
        ),
        ("/api/webhooks/{id}", { api, client, _ in try await id(client, "/api/webhooks", #"{"eventType":"secret.event","webhookUrl":"https://example.com/"}"#) }),
        (
            "/api/replays/{id}",
            { api, client, _ in
                let webhook = try #require(try await client.get("/api/webhooks?limit=1").texts("data", "id").first)
                return try await id(client, "/api/webhooks/\(webhook)/replay", #"{"rate":1}"#)
            }
        ),
        ("/api/erasures/{id}", { api, client, _ in try await id(client, "/api/erasures", #"{"email":"secret@example.com","dryRun":true}"#) }),
        (
            "/api/events/{id}",
            { api, client, workspace in
                let body = #"{"event":"secret.event","data":{},"eventId":"secret-\#(workspace.value.low)"}"#
                return try #require(try await client.post("/api/events", body).text("eventId"))
            }
        ),
        (
            "/api/deliveries/{id}",
            { api, client, workspace in
                // To an endpoint of the maker above.
                let event = try await client.get("/api/events/secret-\(workspace.value.low)")
                return try #require(event.text("deliveries.0.id"), "\(event)")
            }
        ),
        ("/api/jobs/{id}", { api, client, _ in try await job(client, #"{"kind":"noop","payload":{},"uniqueKey":"k","uniqueFor":3600,"lane":"secret"}"#) }),
        (
            "/api/dead-letters/{id}",
            { api, client, _ in
                let job = try await job(client, #"{"kind":"test.picky","payload":{"name":"secret"}}"#)
                try await api.bury(job)
                _ = try await client.send("PATCH", "/api/dead-letters/\(job)", body: Data(#"{"payload":{"name":"edited"}}"#.utf8))
                return job
            }
        ),
        ("/api/dead-letters/{id}/payloads/{version}", { _, _, _ in "1" }),
        (
            "/api/dead-letters/operations/{id}",
            { api, client, _ in
                try #require(try await client.post("/api/dead-letters/replay", #"{"filter":{"kind":"noop"},"rate":1,"background":true}"#).text("operationId"))
            }
        ),
        (
            "/api/schedules/{id}",
            { api, client, _ in try await id(client, "/api/schedules", #"{"name":"secret","cron":"@yearly","kind":"noop","payload":{}}"#) }
        ),
        (
            "/api/oauth/clients/{id}",
            { api, client, _ in
                let body = #"{"name":"Secret Client","grantTypes":["client_credentials"],"scopes":["jobs:read"]}"#
                let answer = try await client.post("/api/oauth/clients", body)
                return try #require(answer.text("clientId"), "\(answer)")
            }
        ),
        (
            "/api/users/{id}/consents/{client}",
            { api, client, _ in try #require(try await client.get("/api/oauth/clients?limit=1").texts("data", "clientId").first) }
        ),
        (
            "/api/keys/{id}",
            { api, client, _ in try await id(client, "/api/keys", #"{"name":"Secret Key","scopes":["jobs:read"]}"#) }
        ),
        (
            "/api/logs/{id}",
            { api, client, _ in
                let log = try await client.get("/api/logs?type=attempt&limit=1")
                return try #require(log.text("data.0.id") ?? log.int("data.0.id").map(String.init), "\(log)")
            }
        ),
    ]

    /// - Parameter places: paths of the application: what none of them names is not made.
    init(of workspace: WorkspaceID, _ client: Client, _ api: TestAPI, places: [String]) async throws {
        var names: [String: String] = [:]
        for (place, make) in Self.makers where places.contains(where: { $0.hasPrefix(place) }) { names[place] = try await make(api, client, workspace) }
        self.names = names
    }

    /// The path with its braces filled; the place that nobody filled when there is one.
    func path(_ template: String) -> (path: String, missing: String?) {
        var (path, place) = ("", "")
        for step in template.split(separator: "/") {
            place += "/\(step)"
            guard step.hasPrefix("{") else {
                path += "/\(step)"
                continue
            }
            guard let name = names[place] else { return (path, place) }
            path += "/\(name)"
        }
        return (path, nil)
    }

    /// Ids and names by which one of these could be told in an answer.
    var marks: Set<String> { Set(names.values.filter { $0.utf8.count > 5 }) }

    private static func id(_ client: Client, _ path: String, _ body: String) async throws -> String {
        let answer = try await client.post(path, body)
        return try #require(answer.text("id"), "\(path): \(answer)")
    }

    private static func job(_ client: Client, _ body: String) async throws -> String {
        let answer = try await client.post("/api/jobs", body)
        return try #require(answer.text("jobId"), "\(answer)")
    }
}
