import Primitives

/// A patch laid over JSON (RFC 7396): members of objects are set one by one, a null removes one, everything else replaces what was there.
enum MergePatch {
    static func apply(_ patch: RawJSON, to target: RawJSON?) -> JSON {
        guard let changes = patch.members else { return .raw(patch.text) }
        // By their bytes: two spellings of one accented letter are two names.
        var places: [[UInt8]: Int] = [:]
        var members: [(name: String, value: JSON?, old: RawJSON?)] = []
        func set(_ name: String, _ value: JSON?, old: RawJSON?) {
            if let place = places[Array(name.utf8)] {
                members[place] = (name, value, old)
            } else {
                places[Array(name.utf8)] = members.count
                members.append((name, value, old))
            }
        }
        for member in target?.members ?? [] { set(member.name, .raw(member.value.text), old: member.value) }
        for change in changes {
            let old = places[Array(change.name.utf8)].flatMap { members[$0].old }
            set(change.name, change.value.isNull ? nil : apply(change.value, to: old), old: nil)
        }
        return .object(members.compactMap { member in member.value.map { (member.name, $0) } })
    }

    /// The body that says all of what a patched thing is to be, for the reader of new ones. Members that a patch may not have are refused.
    static func body(_ patch: RawJSON, over members: [(String, JSON)]) throws(Problem) -> RawJSON {
        var fields = Fields(patch)
        try fields.finish()
        // Here, since a null that removes nothing leaves no trace for the reader.
        fields.allow(only: Set(members.map(\.0)))
        try fields.finish()
        let current = try RawJSON.body(Array(JSON.object(members).text.utf8))
        return try RawJSON.body(Array(apply(patch, to: current).text.utf8))
    }
}
