/// The entries of a cache and whose end ends them. Decides by the times it is given.
struct RevocableShelf<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        /// Nil: that there is nothing.
        var value: Value?
        var subjects: Set<String>
        var readAt: ContinuousClock.Instant
        /// By itself, whatever is heard.
        var until: ContinuousClock.Instant
    }

    var isHearing = false
    private let bounds: RevocableCache<Key, Value>.Bounds
    private var entries: [Key: Entry] = [:]
    private var holders: [String: Set<Key>] = [:]

    init(_ bounds: RevocableCache<Key, Value>.Bounds) { self.bounds = bounds }

    var count: Int { entries.count }

    /// Nil when it has to be read.
    func find(_ key: Key, _ now: ContinuousClock.Instant) -> Value?? {
        guard let entry = entries[key], isGood(entry, now) else { return nil }
        return .some(entry.value)
    }

    mutating func put(_ key: Key, _ found: Remembered<Value>?, readAt: ContinuousClock.Instant) {
        remove(key)
        makeRoom(readAt)
        let life = min(found?.life ?? bounds.heard, found == nil ? bounds.nothing : bounds.heard)
        let entry = Entry(value: found?.value, subjects: found?.subjects ?? [], readAt: readAt, until: readAt + life)
        entries[key] = entry
        for subject in entry.subjects { holders[subject, default: []].insert(key) }
    }

    mutating func remove(_ subjects: Set<String>) {
        for subject in subjects {
            for key in holders[subject] ?? [] { remove(key) }
        }
    }

    mutating func removeAll() {
        entries = [:]
        holders = [:]
    }

    private func isGood(_ entry: Entry, _ now: ContinuousClock.Instant) -> Bool {
        now < entry.until && (isHearing || now < entry.readAt + bounds.unheard)
    }

    private mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        for subject in entry.subjects {
            holders[subject]?.remove(key)
            if holders[subject]?.isEmpty == true { holders[subject] = nil }
        }
    }

    /// Wrong keys, of which there are any number, are the first to go.
    private mutating func makeRoom(_ now: ContinuousClock.Instant) {
        guard entries.count >= bounds.entries else { return }
        for (key, entry) in entries where entry.value == nil || !isGood(entry, now) { remove(key) }
        if entries.count > bounds.entries / 4 * 3 { removeAll() }
    }
}
