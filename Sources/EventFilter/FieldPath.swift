/// Where a value is in an event or in a part of one.
package struct FieldPath: Sendable, Hashable {
    enum Root: String, Sendable, CaseIterable { case type, data, metadata }

    struct Step: Sendable, Hashable {
        let name: [UInt8]
        /// The element that the name is of an array; nil when it is none.
        let index: Int?

        init(_ name: String) {
            self.name = Array(name.utf8)
            let isNumber = !name.isEmpty && name.utf8.count <= 9 && name.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            index = isNumber && (name == "0" || !name.hasPrefix("0")) ? Int(name) : nil
        }
    }

    let root: Root
    let steps: [Step]

    /// As filters spell it; nil for what is no path.
    init?(_ text: String) {
        guard text.unicodeScalars.count <= FilterLimits.longestPath else { return nil }
        let names: [String]
        if text.hasPrefix("/") {
            guard let found = Self.names(ofPointer: text) else { return nil }
            names = found
        } else {
            names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !names.contains("") else { return nil }
        }
        guard let first = names.first, let root = Root(rawValue: first), names.count <= FilterLimits.mostSteps + 1, root != .type || names.count == 1 else {
            return nil
        }
        self.root = root
        steps = names.dropFirst().map { Step($0) }
    }

    /// - Parameter pointer: a JSON pointer (RFC 6901) into an event's data; nil for what is none, or leads to the whole of it.
    package init?(intoData pointer: String) {
        guard pointer.unicodeScalars.count <= FilterLimits.longestPath, let names = Self.names(ofPointer: pointer), !names.isEmpty,
            names.count <= FilterLimits.mostSteps
        else { return nil }
        root = .data
        steps = names.map { Step($0) }
    }

    private static func names(ofPointer pointer: String) -> [String]? {
        guard pointer.hasPrefix("/") else { return nil }
        var names: [String] = []
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            // Every ~ begins ~0 or ~1.
            let pieces = part.split(separator: "~", omittingEmptySubsequences: false)
            guard pieces.dropFirst().allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") }) else { return nil }
            names.append(String(part).replacing("~1", with: "/").replacing("~0", with: "~"))
        }
        return names
    }
}
