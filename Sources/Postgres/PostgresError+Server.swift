extension PostgresError {
    /// The fields of a server's error that may leave this module. DETAIL, HINT and CONTEXT quote rows, so they are not read at all.
    struct ServerFields {
        var sqlState: String
        var message: String
        var constraint: String?
        var column: String?
    }

    init(server fields: ServerFields, operation: String) {
        self.init(
            Self.code(of: fields), sqlState: fields.sqlState, operation: operation,
            message: Self.safe(fields.message, sqlState: fields.sqlState))
    }

    /// https://www.postgresql.org/docs/15/errcodes-appendix.html
    private static func code(of fields: ServerFields) -> Code {
        switch fields.sqlState {
        case "40001", "40P01": return .serialization
        case "57014", "55P03": return .timeout
        case "25P03", "25P04": return .unavailable
        case let state where state.hasPrefix("57P"): return .unavailable
        default: break
        }
        switch fields.sqlState.prefix(2) {
        case "08", "53": return .unavailable
        case "22": return .invalidData
        case "23": return .constraint(fields.constraint ?? fields.column ?? "")
        case "42": return .syntax
        default: return .other
        }
    }

    /// Class 22 repeats the value it could not read (`invalid input syntax for type uuid: "…"`), so only the words before it are kept.
    private static func safe(_ message: String, sqlState: String) -> String {
        let kept = sqlState.hasPrefix("22") ? String(message.prefix { $0 != "\"" && $0 != ":" }) : message
        var line = String(kept.prefix(300).map { $0.isNewline ? " " : $0 })
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    /// The leading words of a statement, names and keywords only: enough to find it, and no room for a literal.
    static func summary(of sql: String) -> String {
        let words = sql.split(maxSplits: 3, whereSeparator: \.isWhitespace).prefix(3)
        let plain = words.prefix { word in word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") } }
        return plain.isEmpty ? "query" : String(plain.joined(separator: " ").prefix(60))
    }
}
