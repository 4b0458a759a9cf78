import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// The catalogue of events: the types that every workspace has, and the workspace's own.
struct EventTypeRoutes: Sendable {
    let services: APIServices

    private static let list = "event-types"

    private enum Flag: String, CaseIterable { case `true`, `false` }

    var all: [Route] {
        [
            Route(.get, "/api/event-types", EventTypeOperations.list, .eventsRead, .eventsWrite, .webhooksRead, handler: index),
            Route(.post, "/api/event-types", EventTypeOperations.create, .eventsWrite, handler: create),
            Route(.get, "/api/event-types/settings", EventTypeOperations.settings, .eventsRead, .eventsWrite, handler: settings),
            Route(.patch, "/api/event-types/settings", EventTypeOperations.changeSettings, .workspaceWrite, handler: changeSettings),
            Route(.get, "/api/event-types/{name}", EventTypeOperations.show, .eventsRead, .eventsWrite, .webhooksRead, handler: show),
            Route(.patch, "/api/event-types/{name}", EventTypeOperations.change, .eventsWrite, handler: change),
            Route(.delete, "/api/event-types/{name}", EventTypeOperations.delete, .eventsWrite, handler: delete),
        ]
    }

    private var table: EventTypeTable { EventTypeTable(pool: services.pool) }

    /// Both kinds in one order, that of their names.
    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, after) = (query.limit(), query.cursor(ofNames: Self.list) ?? "")
        let custom = query.choice("custom", of: Flag.self)
        try query.finish()
        var entries: [(name: String, json: JSON)] = []
        if custom != .true {
            entries += BuiltInEventType.all.filter { Self.precedes(after, $0.name) }.map { ($0.name, Self.json($0)) }
        }
        if custom != .false {
            entries += try await table.list(workspace: call.workspace, after: after, limit: limit + 1).map { ($0.definition.name, Self.json($0)) }
        }
        entries.sort { Self.precedes($0.name, $1.name) }
        return Page.response(
            Array(entries.prefix(limit + 1)), limit: limit, for: call.request, cursor: { Cursor(list: Self.list, name: $0.name) }, json: \.json)
    }

    private static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let definition = try EventTypeSubmission.read(json)
        if BuiltInEventType.named(definition.name) != nil { throw Problem(CoreRefusal.eventTypeTaken) }
        let response = try await OnceOnly(services: services).run(claim) { connection in
            let row = try await EventTypeTable.insert(definition, workspace: call.workspace, on: connection)
            return OnceOnly.Answer(.created, Self.json(row), location: "/api/event-types/\(definition.name)", etag: Call.tag(row.version))
        }
        services.eventTypes.forget(call.workspace)
        return response
    }

    private func show(_ call: Call) async throws -> Response {
        let name = try name(call)
        if let type = BuiltInEventType.named(name) { return Response(.ok, Self.json(type)) }
        guard let row = try await table.find(name, workspace: call.workspace) else { throw Self.notFound }
        return call.answer(Self.json(row), version: row.version)
    }

    private func change(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let name = try ownName(call)
        let response = try await OnceOnly(services: services).run(claim) { connection in
            let old = try await lock(name, call, on: connection)
            let definition = try EventTypeSubmission.read(json, over: old.definition)
            guard definition != old.definition else { return OnceOnly.Answer(.ok, Self.json(old), etag: Call.tag(old.version)) }
            let row = try await EventTypeTable.update(definition, workspace: call.workspace, on: connection)
            return OnceOnly.Answer(.ok, Self.json(row), etag: Call.tag(row.version))
        }
        services.eventTypes.forget(call.workspace)
        return response
    }

    /// Endpoints that asked for it go on asking for it; what is published under the name is no longer checked.
    private func delete(_ call: Call) async throws -> Response {
        let name = try ownName(call)
        try await services.pool.withTransaction { connection in
            _ = try await lock(name, call, on: connection)
            try await EventTypeTable.delete(name, workspace: call.workspace, on: connection)
        }
        services.eventTypes.forget(call.workspace)
        return Response(status: .noContent)
    }

    private func settings(_ call: Call) async throws -> Response { Self.settings(try await table.isStrict(call.workspace)) }

    private func changeSettings(_ call: Call) async throws -> Response {
        var fields = Fields(try await call.body().json)
        try fields.finish()
        fields.allow(only: ["strict"])
        let isStrict = fields.boolean("strict")
        if !fields.contains("strict") { fields.refuse("strict", "is missing") }
        try fields.finish()
        try await table.setStrict(isStrict ?? false, workspace: call.workspace)
        services.eventTypes.forget(call.workspace)
        return Self.settings(isStrict ?? false)
    }

    private static func settings(_ isStrict: Bool) -> Response { Response(.ok, ["strict": .bool(isStrict)]) }

    private func lock(_ name: String, _ call: Call, on connection: PostgresConnection) async throws -> EventTypeRow {
        guard let row = try await EventTypeTable.lock(name, workspace: call.workspace, on: connection) else { throw Self.notFound }
        try call.requireMatch(row.version)
        return row
    }

    private func name(_ call: Call) throws(Problem) -> String {
        guard let name = call.context.parameters.get("name"), EventName.isValid(name) else { throw Self.notFound }
        return name
    }

    private func ownName(_ call: Call) throws(Problem) -> String {
        let name = try name(call)
        guard BuiltInEventType.named(name) == nil else {
            throw .builtIn
        }
        return name
    }

    private static let notFound = Problem(status: .notFound, code: "not_found", detail: "There is no event type of this name.")

    private static func json(_ type: BuiltInEventType) -> JSON {
        [
            "name": .string(type.name), "description": .string(type.description), "custom": false, "schema": type.schema.json, "example": type.example,
            "version": .null, "createdAt": .null, "updatedAt": .null,
        ]
    }

    private static func json(_ row: EventTypeRow) -> JSON {
        let type = row.definition
        return [
            "name": .string(type.name), "description": .string(type.description), "custom": true, "schema": .raw(type.schema),
            "example": .raw(type.example), "version": .int(row.version), "createdAt": .time(row.createdAt), "updatedAt": .time(row.updatedAt),
        ]
    }
}
