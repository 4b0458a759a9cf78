/// The statements that one connection has prepared, by their text. Pure: it says what to prepare and what to give up.
struct StatementCache {
    private struct Entry {
        var name: String
        var types: [UInt32]
        var lastUse: UInt64
    }
    enum Choice: Equatable {
        case reuse(name: String)
        case prepare(name: String, types: [UInt32])
    }
    private let limit: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    /// Names the server still holds and nobody uses any more.
    private(set) var abandoned: [String] = []

    init(limit: Int = 256) { self.limit = max(limit, 1) }

    var count: Int { entries.count }

    /// A null fits any type. A type that was open until now, or is another one, needs the statement anew under another name.
    mutating func choose(_ sql: String, types: [UInt32]) -> Choice {
        uses += 1
        guard let entry = entries[sql] else { return .prepare(name: "s\(uses)", types: types) }
        if entry.types.count == types.count, zip(entry.types, types).allSatisfy({ $1 == 0 || $0 == $1 }) {
            entries[sql]?.lastUse = uses
            return .reuse(name: entry.name)
        }
        guard entry.types.count == types.count else { return .prepare(name: "s\(uses)", types: types) }
        return .prepare(name: "s\(uses)", types: zip(types, entry.types).map { $0 == 0 ? $1 : $0 })
    }

    mutating func prepared(_ sql: String, name: String, types: [UInt32]) {
        if let former = entries.updateValue(Entry(name: name, types: types, lastUse: uses), forKey: sql) { abandoned.append(former.name) }
        // Linear, but only when a program has more statements than the limit, where a round trip is due anyway.
        if entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            abandoned.append(oldest.value.name)
        }
    }

    /// - Parameter isGone: the server has forgotten the name already.
    mutating func forget(_ sql: String, isGone: Bool) {
        guard let entry = entries.removeValue(forKey: sql), !isGone else { return }
        abandoned.append(entry.name)
    }

    mutating func takeAbandoned() -> [String] {
        defer { abandoned = [] }
        return abandoned
    }
}
