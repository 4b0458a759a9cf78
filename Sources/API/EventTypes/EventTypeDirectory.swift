import JSONSchema
import Ledger
import Primitives
import Synchronization

/// Knows for a second what a workspace says of the events of a name, so that publishing costs one read a second for each name in use.
///
/// While one caller reads anew, the others go by what was known. What is changed through this process is known here at once.
final class EventTypeDirectory: Sendable {
    private struct Key: Hashable {
        var workspace: WorkspaceID
        var name: String
    }

    private struct Known {
        var schema: String?
        var compiled: CompiledSchema?
        var isStrict: Bool
        var until: ContinuousClock.Instant
    }

    private let table: EventTypeTable
    private let known = Mutex<[Key: Known]>([:])
    private static let lifetime = Duration.seconds(1)
    /// Emptied when full: names in use come back with one read each. A schema has 64 KiB at most.
    private static let mostKnown = 2000

    init(table: EventTypeTable) { self.table = table }

    /// What keeps an event from being published; empty when nothing does. An unknown type is taken, unless the workspace is strict.
    func faults(of data: RawJSON, type: String, workspace: WorkspaceID) async throws -> [Problem.Fault] {
        if let builtIn = BuiltInEventType.named(type) { return Self.faults(of: data, against: builtIn.compiled) }
        let rule = try await rule(for: Key(workspace: workspace, name: type))
        if let schema = rule.compiled { return Self.faults(of: data, against: schema) }
        return rule.isStrict ? [.body("/event", "is no event type of this workspace")] : []
    }

    /// After a change of the workspace's types or of its strictness.
    func forget(_ workspace: WorkspaceID) {
        known.withLock { known in known = known.filter { $0.key.workspace != workspace } }
    }

    static func faults(of data: RawJSON, against schema: CompiledSchema, at pointer: String = "/data") -> [Problem.Fault] {
        schema.faults(in: data).map { .body(pointer + $0.pointer, $0.reason) }
    }

    private func rule(for key: Key) async throws -> Known {
        let now = ContinuousClock.now
        let current = known.withLock { known -> Known? in
            guard let found = known[key] else { return nil }
            guard found.until <= now else { return found }
            // This caller reads; the next ones need not.
            known[key]?.until = now + Self.lifetime
            return nil
        }
        if let current { return current }
        do {
            return try await read(key, at: now)
        } catch {
            known.withLock { _ = $0.removeValue(forKey: key) }
            throw error
        }
    }

    private func read(_ key: Key, at now: ContinuousClock.Instant) async throws -> Known {
        let rule = try await table.rule(for: key.name, workspace: key.workspace)
        let old = known.withLock { $0[key] }
        let compiled = old?.schema == rule.schema ? old?.compiled : rule.schema.flatMap { try? CompiledSchema(RawJSON(Array($0.utf8))) }
        let found = Known(schema: rule.schema, compiled: compiled, isStrict: rule.isStrict, until: now + Self.lifetime)
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll() }
            known[key] = found
        }
        return found
    }
}
