/// JSON strings written by hand: where an answer or a log line is short, a general encoder costs more than all the rest of it.
package enum JSONText {
    package static func quoted(_ text: String) -> String {
        var json = ""
        append(text, to: &json)
        return json
    }

    /// With its quotes. What JSON must escape is escaped; everything else stays as it is.
    package static func append(_ text: String, to json: inout String) {
        json += "\""
        if text.utf8.contains(where: mustEscape) { appendEscaped(text, to: &json) } else { json += text }
        json += "\""
    }

    /// Where an object that begins at `start` ends (the place after its brace), in a text that is known to be JSON; nil when none begins there.
    package static func endOfObject(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
        var depth = 0
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            position += 1
        }
        return nil
    }

    private static func mustEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

    private static func appendEscaped(_ text: String, to json: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\r": json += "\\r"
            case "\t": json += "\\t"
            case let control where control.value < 0x20:
                json += "\\u00" + (control.value < 0x10 ? "0" : "") + String(control.value, radix: 16)
            default: json.unicodeScalars.append(scalar)
            }
        }
    }
}
