import Foundation
import Identity
import Postgres
import Primitives
import TestSupport
import Testing

/// Every POST of the document, twice with one `Idempotency-Key`.
@Suite struct IdempotencyWalk {
    /// Posts that say nothing of the key, and why. What OAuth's own endpoints do is repeated as their standards say.
    static let exempt: [String: String] = [
        "/api/oauth/token": "a code is used once and a refresh token has a grace (decision 35)", "/api/oauth/revoke": "done twice is done",
        "/api/oauth/introspect": "changes nothing", "/api/oauth/par": "a reference that nobody uses is over in a minute",
        "/api/oauth/register": "a registration that nobody uses can do nothing", "/api/oauth/authorize": "changes nothing",
        "/api/oauth/login": "of a browser; a second sign-in is a second session", "/api/oauth/consent": "of a browser, with a token for it",
        "/api/oauth/consents": "of a browser; done twice is done", "/api/oauth/logout": "of a browser; done twice is done",
    ]

    @Test func `every POST with a key is done once, answered the same again, and refused for another body`() async throws {
        try await IsolationScene.run { scene in
            // What all workspaces share is nobody's belonging.
            let shared = ["/api/queues/{queue}": "webhooks", "/api/queues/{queue}/lanes/{lane}": scene.own.names["/api/webhooks/{id}"] ?? ""]
            let own = Belongings(names: scene.own.names.merging(shared) { $1 })
            var (walked, unmarked) = (0, Set<String>())
            for route in scene.routes where route.method == "POST" {
                guard route.takesKey else {
                    unmarked.insert(route.path)
                    continue
                }
                let (path, missing) = own.path(route.path)
                guard missing == nil else {
                    Issue.record("nothing is made for \(missing ?? "")")
                    continue
                }
                let example = route.example.flatMap { scene.renamed($0, to: scene.own.names) ?? $0 } ?? Data("{}".utf8)
                let headers = ["Idempotency-Key": "walk \(route.path)"]
                let before = try await scene.bookkeeping()
                let first = try await scene.second("POST", path, body: example, headers: headers)
                let between = try await scene.bookkeeping()
                let again = try await scene.second("POST", path, body: example, headers: headers)
                #expect(first.status < 500, "\(path): \(first)")
                #expect(first.status == again.status && first.body.withoutIDs == again.body.withoutIDs, "\(path): \(first) \(again)")
                let other = try await scene.second("POST", path, body: example + Data(" ".utf8), headers: headers)
                guard (200..<300).contains(first.status) else {
                    // A refusal uses no key up, and changes nothing.
                    #expect(before == between, "\(path): \(first)")
                    #expect(other.status == first.status, "\(path): \(other)")
                    continue
                }
                walked += 1
                #expect(again.body == first.body && again.headers["idempotent-replayed"] == "true", "\(path): \(first) \(again)")
                #expect(first.headers["idempotent-replayed"] == nil && first.headers["location"] == again.headers["location"], "\(path)")
                #expect(try await scene.bookkeeping() == between, "\(path) was done twice")
                #expect(other.isProblem(422, "idempotency_key_reused"), "\(path): \(other)")
            }
            #expect(unmarked == Set(Self.exempt.keys), "a POST says in the document that it takes a key, or here why it need not")
            #expect(walked >= 18, "most examples can be done: \(walked)")
        }
    }
}

extension IsolationScene {
    /// How many rows the second workspace has of what requests make.
    fileprivate func bookkeeping() async throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in [
            "users", "courses", "enrollments", "course_completions", "quiz_submissions", "events", "event_types", "jobs", "endpoints", "deliveries", "schedules",
            "api_keys", "api_key_old_secrets", "oauth_clients", "operator_actions", "dead_letter_operations", "replays",
        ] {
            guard try await api.number("SELECT count(*) FROM pg_class WHERE relname = '\(table)'") == 1 else { continue }
            counts[table] = try await api.pool.query("SELECT count(*) FROM \(table) WHERE workspace_id = $1", [.id(workspace.value)]).first?.int64(0)
        }
        return counts
    }
}

extension String {
    /// Refusals name their request.
    fileprivate var withoutIDs: String { replacing(/req_[0-9a-z]+/, with: "req") }
}
