import Foundation
import Identity
import Postgres
import Primitives
import Testing

/// Two workspaces know nothing of each other: every route of the document is walked, and every table of the schema.
@Suite struct IsolationLaws {
    /// Of the whole installation, and of nobody's workspace.
    static let shared: Set<String> = ["/api/queues/{queue}"]

    @Test func `whatever is asked of another workspace's thing is answered as if it were not there, and leaves it as it was`() async throws {
        try await IsolationScene.run { scene in
            let before = try await scene.rowsOfFirst()
            for route in scene.routes where route.isGuarded && route.path.contains("{") && !Self.shared.contains(where: route.path.hasPrefix) {
                let (path, missing) = scene.first.path(route.path)
                if let missing {
                    Issue.record("no fixture for \(missing) (\(route.method) \(route.path)): add one to Belongings.makers")
                    continue
                }
                let answer = try await scene.second(route.method, path, body: route.example)
                #expect(answer.isProblem(404, "not_found"), "\(route.method) \(path): \(answer)")
                // A thing that nobody has is answered in the same words.
                let nowhere = scene.first.renamed().path(route.path).path
                let other = try await scene.second(route.method, nowhere, body: route.example)
                #expect(other.status == answer.status && other.text("detail") == answer.text("detail"), "\(route.method) \(nowhere): \(other)")
                if route.method == "GET" {
                    #expect(try await scene.api.client.get(path).status == 200, "the fixture of \(path) is not there at all")
                }
            }
            try await scene.expectUnchanged(before)
        }
    }

    @Test func `no list shows anything of another workspace, whatever is filtered by`() async throws {
        try await IsolationScene.run { scene in
            let before = try await scene.rowsOfFirst()
            let marks = scene.first.marks.union([scene.api.workspace.description])
            for route in scene.routes where route.isGuarded && route.method == "GET" && !route.path.contains("{") {
                var paths = [route.path]
                for (parameter, mark) in scene.filters(of: route) { paths.append("\(route.path)?\(parameter)=\(mark)") }
                for path in paths {
                    let answer = try await scene.second("GET", path)
                    // What was asked for may be in the answer only as the question.
                    let told = answer.body.replacing(path, with: "")
                    #expect(answer.status < 500 && !marks.contains(where: told.contains), "\(path): \(answer)")
                }
            }
            try await scene.expectUnchanged(before)
        }
    }

    @Test func `a body that names another workspace's thing is answered as one that names nothing`() async throws {
        try await IsolationScene.run { scene in
            let before = try await scene.rowsOfFirst()
            var named = 0
            for route in scene.routes where route.isGuarded && route.method != "GET" && !Self.shared.contains(where: route.path.hasPrefix) {
                guard let example = route.example, let foreign = scene.renamed(example, to: scene.first.names) else { continue }
                let nowhere = scene.renamed(example, to: scene.first.renamed().names)
                let (path, missing) = scene.own.path(route.path)
                guard missing == nil else { continue }
                named += 1
                let answer = try await scene.second(route.method, path, body: foreign)
                let other = try await scene.second(route.method, path, body: nowhere)
                #expect(answer.status == other.status && answer.text("detail") == other.text("detail"), "\(route.method) \(path): \(answer) \(other)")
                #expect(answer.status < 500, "\(answer)")
            }
            #expect(named >= 3, "the examples of the document name things")
            try await scene.expectUnchanged(before)
        }
    }

    /// Tables without a workspace of their own, and why.
    static let withoutWorkspace: [String: String] = [
        "workspaces": "is the workspaces",
        "leaders": "of the schedulers", "index_epochs": "of the index", "workers": "of the fleet", "queues": "of the fleet",
        "queue_samples": "of the fleet", "ledger_counters": "sums over all", "log_horizon": "of the log as a whole",
        "log_days_without_bodies": "of the log as a whole", "schema_migrations": "of the schema",
        "signing_keys": "of the installation",
        "schedule_occurrences": "of a schedule, read by its id after the schedule was found in its workspace",
        "lanes": "of a queue and a lane, whose stored name holds the workspace or is an endpoint's; null for what operators set by hand",
        "job_follows": "of jobs, which are of one request and so of one workspace",
        "job_progress": "of a job, read with it",
    ]

    @Test func `every table has a workspace that is never null, or a reason`() async throws {
        try await TestAPI.run { api in
            let rows = try await api.pool.query(
                """
                SELECT c.relname::text, coalesce(bool_or(a.attname = 'workspace_id' AND a.attnotnull), false) FROM pg_class c
                LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition GROUP BY 1 ORDER BY 1
                """)
            let tables = try rows.map { (name: try $0.text(0), isScoped: try $0.bool(1)) }
            #expect(tables.count > 20)
            let unscoped = tables.filter { !$0.isScoped }.map(\.name)
            #expect(unscoped.filter { Self.withoutWorkspace[$0] == nil } == [], "give it a workspace_id, or say here why it needs none")
            #expect(Set(Self.withoutWorkspace.keys).subtracting(unscoped) == [], "no such table, or it has a workspace by now")
        }
    }
}
