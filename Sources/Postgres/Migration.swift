/// One step of the schema. Never edited after its release: the database keeps a checksum of what it ran.
package struct Migration: Sendable, Hashable {
    /// Four digits that count up from 0001, an underscore, and words: `0001_ledger`.
    package let name: String
    /// Runs in one transaction, so it holds no COMMIT and nothing that refuses to run in one.
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// Nil when the name is not of the agreed form.
    var number: Int? {
        let digits = name.utf8.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }), name.dropFirst(4).first == "_", name.utf8.count > 5 else {
            return nil
        }
        return Int(name.prefix(4))
    }
}

/// Why a schema is not touched.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Names must be numbered 0001, 0002, … without a gap; this one breaks the row.
    case misnumbered(name: String)
    /// What was applied under this name was another text.
    case edited(name: String)
    /// A later migration was applied, this one was not.
    case gap(name: String)
    /// The database has a migration that this program does not know: it is older than the schema.
    case unknown(name: String)
    /// The script ended its own transaction.
    case leftTransaction(name: String)
    case failed(name: String, PostgresError)

    package var description: String {
        switch self {
        case .misnumbered(let name): "migration \(name) is out of the numbering 0001, 0002, …"
        case .edited(let name): "migration \(name) was edited after it was applied"
        case .gap(let name): "migration \(name) was skipped: a later one is applied already"
        case .unknown(let name): "the database has migration \(name), which this program does not know; run a newer program"
        case .leftTransaction(let name): "migration \(name) ends its own transaction"
        case .failed(let name, let error): "migration \(name) failed: \(error)"
        }
    }
}
