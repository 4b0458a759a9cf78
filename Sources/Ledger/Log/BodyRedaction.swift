import Primitives

/// What of a body the log keeps: JSON without secrets, cut to a length. What could not be read is not kept, for nobody could say what is in it.
package struct BodyRedaction: Sendable, Equatable {
    /// Bytes of the text that is kept. A longer one is cut and is no JSON then.
    package static let longest = 16 << 10
    /// Bytes of a body that is looked at.
    package static let largestBody = 64 << 10
    static let standIn = "[redacted]"
    private static let deepest = 64

    private let names: Set<String>
    private let pointers: Set<String>

    /// - Parameter rules: names of members, or JSON pointers, beyond those that are always redacted.
    package init(rules: [String] = []) {
        pointers = Set(rules.filter { $0.hasPrefix("/") })
        names = Set(rules.filter { !$0.hasPrefix("/") }.map(SecretText.plain))
    }

    package func text(of body: [UInt8]) -> String {
        guard body.count <= Self.largestBody else { return "[not kept: \(body.count) bytes]" }
        guard let json = try? RawJSON(body, maximumDepth: Self.deepest) else { return "[not kept: no JSON, \(body.count) bytes]" }
        var writer = Writer(redaction: self)
        writer.write(json, at: "")
        return writer.text.utf8.count > Self.longest ? Self.cut(writer.text) : writer.text
    }

    /// Between two characters.
    private static func cut(_ text: String) -> String {
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: longest)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text.unicodeScalars[..<end])
    }

    private struct Writer {
        let redaction: BodyRedaction
        var text = ""

        mutating func write(_ json: RawJSON, at pointer: String) {
            // What comes now would be cut off.
            guard text.utf8.count <= BodyRedaction.longest else { return }
            switch json.kind {
            case .object:
                text += "{"
                for (index, member) in (json.members ?? []).enumerated() {
                    if index > 0 { text += "," }
                    // A map can have secrets for keys.
                    JSONText.append(SecretText.isLikely(member.name) ? BodyRedaction.standIn : member.name, to: &text)
                    text += ":"
                    let place = pointer + "/" + member.name.replacing("~", with: "~0").replacing("/", with: "~1")
                    if hides(member.name) || redaction.pointers.contains(place) { hide() } else { write(member.value, at: place) }
                }
                text += "}"
            case .array:
                text += "["
                for (index, element) in (json.elements ?? []).enumerated() {
                    if index > 0 { text += "," }
                    let place = "\(pointer)/\(index)"
                    if redaction.pointers.contains(place) { hide() } else { write(element, at: place) }
                }
                text += "]"
            case .string where SecretText.isLikely(json.string ?? ""): hide()
            default: text += json.text
            }
        }

        private func hides(_ name: String) -> Bool {
            let plain = SecretText.plain(name)
            return redaction.names.contains(plain) || SecretText.isSecret(plainName: plain) || SecretText.isLikely(name)
        }

        private mutating func hide() { JSONText.append(BodyRedaction.standIn, to: &text) }
    }
}
