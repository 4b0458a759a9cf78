import Postgres

extension Error {
    /// Whether the statement was refused for what it contained, and would be refused again, while the same statement without the offending row would pass.
    package var isFaultOfOneRequest: Bool {
        if case .changedMeanwhile? = self as? LedgerError { return true }
        guard let error = self as? PostgresError else { return false }
        switch error.code {
        case .constraint, .invalidData: return true
        // A read-only server, a lost statement, a refused login: about the server, not the row.
        default: return false
        }
    }
}
