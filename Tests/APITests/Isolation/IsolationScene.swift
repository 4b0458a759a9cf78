import Foundation
import Identity
import Postgres
import Primitives
import Testing

/// Two workspaces with everything in each, and the routes by which one could reach the other.
struct IsolationScene {
    struct Route {
        var method: String
        var path: String
        var isGuarded: Bool
        /// Whether the document says that it takes an `Idempotency-Key`.
        var takesKey: Bool
        var example: Data?
        /// Parameters of the query with the pattern of their values.
        var parameters: [(name: String, pattern: String)]
    }

    let api: TestAPI
    let routes: [Route]
    /// Of the first workspace, to which `api.client` belongs.
    let first: Belongings
    /// Of the second one.
    let own: Belongings
    /// The second one.
    let workspace: WorkspaceID
    private let client: Client

    static func run(_ body: (IsolationScene) async throws -> Void) async throws {
        try await TestAPI.run { api in
            let other = IdentifierSource.system.next(Workspace.self)
            _ = try await api.pool.query("INSERT INTO workspaces (id, name) VALUES ($1, 'second')", [.id(other.value)])
            let client = try await api.client(workspace: other)
            let routes = Self.routes(try await api.client.get("/api/openapi.json"))
            let first = try await Belongings(of: api.workspace, api.client, api, places: routes.map(\.path))
            let own = try await Belongings(of: other, client, api, places: routes.map(\.path))
            let scene = IsolationScene(api: api, routes: routes, first: first, own: own, workspace: other, client: client)
            #expect(scene.routes.count > 60)
            try await body(scene)
        }
    }

    /// As the second workspace, with a key of every scope.
    func second(_ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:]) async throws -> Answer {
        try await client.send(method, path, body: body, headers: headers)
    }

    private static func routes(_ document: Answer) -> [Route] {
        var found: [Route] = []
        for (path, item) in document.value("paths") as? [String: [String: Any]] ?? [:] {
            for (method, operation) in item {
                guard method != "parameters", let operation = operation as? [String: Any] else { continue }
                let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]]
                let example = content?["application/json"]?["example"].flatMap { try? JSONSerialization.data(withJSONObject: $0) }
                let parameters = (operation["parameters"] as? [[String: Any]] ?? []).compactMap { parameter -> (String, String)? in
                    guard let name = parameter["name"] as? String, name != "cursor" else { return nil }
                    return (name, (parameter["schema"] as? [String: Any])?["pattern"] as? String ?? "")
                }
                let headers = operation["x-headers"] as? [[String: Any]] ?? []
                found.append(
                    Route(
                        method: method.uppercased(), path: path, isGuarded: (operation["security"] as? [Any])?.isEmpty == false,
                        takesKey: headers.contains { $0["name"] as? String == "Idempotency-Key" }, example: example, parameters: parameters))
            }
        }
        return found.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
    }

    /// Filters that an id of the first workspace fits.
    func filters(of route: Route) -> [(String, String)] {
        route.parameters.flatMap { parameter in
            first.marks.filter { parameter.pattern.hasPrefix("^" + ($0.split(separator: "_").first ?? "?") + "_") }.map { (parameter.name, $0) }
        }
    }

    /// The body with every id replaced by one of the names that is of its kind. Nil when there is none.
    func renamed(_ body: Data, to names: [String: String]) -> Data? {
        let text = String(decoding: body, as: UTF8.self)
        var renamed = text
        for match in text.matches(of: /"([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}"/) {
            guard let name = names.values.sorted().first(where: { $0.hasPrefix(match.1 + "_") }) else { continue }
            renamed = renamed.replacing(match.0, with: "\"\(name)\"")
        }
        return renamed == text ? nil : Data(renamed.utf8)
    }

    /// Written behind the requests, at a time of its own.
    private static let writtenLater: Set<String> = ["integration_log"]

    /// What every table has of the first workspace.
    func rowsOfFirst() async throws -> [String: String] {
        let tables = try await api.pool.query(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            """
        ).map { try $0.text(0) }
        var dumps: [String: String] = [:]
        for table in tables where !Self.writtenLater.contains(table) {
            // When a key was last used is written behind too.
            let rows = try await api.pool.query(
                """
                SELECT coalesce(string_agg(row, E'\\n' ORDER BY row), '')
                FROM (SELECT (to_jsonb(t) - '{last_used_at,last_used_from}'::text[])::text AS row FROM \(table) t WHERE workspace_id = $1) t
                """, [.id(api.workspace.value)])
            dumps[table] = try rows.first?.text(0)
        }
        return dumps
    }

    func expectUnchanged(_ before: [String: String]) async throws {
        let after = try await rowsOfFirst()
        for (table, rows) in before { #expect(after[table] == rows, "\(table) was changed by another workspace") }
        #expect(before.values.count { !$0.isEmpty } >= 12, "most tables have something to lose: \(before.filter(\.value.isEmpty).keys.sorted())")
    }
}

extension Belongings {
    /// The same kinds of names, of things that nobody has.
    func renamed() -> Belongings { Belongings(names: names.mapValues(Self.unknown)) }

    private static func unknown(_ name: String) -> String {
        if let mark = name.wholeMatch(of: /([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}/)?.1 { return "\(mark)_\(IdentifierSource.system.next(Workspace.self).description.dropFirst(3))" }
        return Int(name) == nil ? name + "x" : name
    }

    init(names: [String: String]) { self.names = names }
}
