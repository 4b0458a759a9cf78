internal import Postgres
package import Primitives

/// The words under which a row is found, and those that a search asks for, each behind a mark of the workspace: the index of all workspaces is walked
/// in one of them only. The caller folds them (case, accents), the same way for both.
package struct SearchWords: Sendable {
    private let lexemes: [String]

    private static let mostWords = 200
    /// Scalars of a word.
    private static let longest = 48

    package init(_ words: [String], workspace: WorkspaceID) {
        let mark = String(workspace.value.low & 0xffff_ffff_ffff, radix: 36)
        var seen: Set<String> = []
        lexemes = words.prefix(Self.mostWords).compactMap { word in
            let lexeme = mark + "." + String(String.UnicodeScalarView(word.unicodeScalars.prefix(Self.longest)))
            return seen.insert(lexeme).inserted ? lexeme : nil
        }
    }

    package var isEmpty: Bool { lexemes.isEmpty }

    /// For `array_to_tsvector($n)`.
    var stored: PostgresValue { .texts(lexemes) }

    /// For `$n::tsquery`: all of them, each the beginning of a word.
    var query: PostgresValue {
        .text(lexemes.map { "'\($0.replacing("\\", with: "\\\\").replacing("'", with: "''"))':*" }.joined(separator: " & "))
    }
}
