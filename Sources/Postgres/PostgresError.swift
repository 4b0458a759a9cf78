/// What went wrong with PostgreSQL, in words that are safe to log: never a parameter, a DETAIL, a URL or a password.
package struct PostgresError: Error, Sendable, Equatable {
    package enum Code: Sendable, Hashable {
        /// No connection: refused, lost, shut down by an administrator, too many, or none free in time. Worth another try later.
        case unavailable
        /// A constraint refused the row; its name, or the column's for NOT NULL.
        case constraint(String)
        /// A serialization failure or a deadlock: the same transaction may succeed when it is run again.
        case serialization
        /// The statement or its lock took longer than the server was told to allow.
        case timeout
        /// The server could not read or hold a value (class 22).
        case invalidData
        /// The statement does not fit the schema, or is not allowed (class 42).
        case syntax
        /// A column is null, missing, or of another type than the reader asked for.
        case decoding
        /// The calling task was cancelled while it waited for a connection; nothing was sent.
        case cancelled
        case other
    }

    package var code: Code
    /// The five characters of the server's answer, nil where the server did not speak.
    package var sqlState: String?
    /// What was under way: `connect`, `commit`, or the first words of the statement.
    package var operation: String
    package var message: String
    /// The connection broke while a COMMIT, or a statement outside a transaction, was under way: it may or may not have happened.
    /// A read counts too, since a SELECT can write through a function.
    package var outcomeUnknown: Bool

    package init(_ code: Code, sqlState: String? = nil, operation: String, message: String, outcomeUnknown: Bool = false) {
        self.code = code
        self.sqlState = sqlState
        self.operation = operation
        self.message = message
        self.outcomeUnknown = outcomeUnknown
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        let state = sqlState.map { " \($0)" } ?? ""
        let doubt = outcomeUnknown ? " (outcome unknown)" : ""
        return "postgres \(code)\(state) in \(operation): \(message)\(doubt)"
    }
}
