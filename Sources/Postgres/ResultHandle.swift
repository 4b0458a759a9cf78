internal import CLibPQ

/// One `PGresult`, freed once. libpq never changes a result after it was handed out, so any thread may read it.
@safe final class ResultHandle: @unchecked Sendable {  // because of the line above; ARC ends it
    private let result: OpaquePointer
    let rowCount: Int
    /// The type number of each column.
    let types: [UInt32]

    init(taking result: OpaquePointer) {
        unsafe self.result = unsafe result
        rowCount = unsafe Int(PQntuples(result))
        types = unsafe (0..<max(PQnfields(result), 0)).map { unsafe PQftype(result, $0) }
    }

    deinit { unsafe PQclear(result) }

    var status: ExecStatusType { unsafe PQresultStatus(result) }

    /// How many rows a command touched, 0 for one that does not count.
    var affected: Int {
        guard let text = unsafe PQcmdTuples(result) else { return 0 }
        return unsafe Int(String(cString: text)) ?? 0
    }

    func columnName(_ column: Int) -> String {
        guard let name = unsafe PQfname(result, Int32(column)) else { return "" }
        return unsafe String(cString: name)
    }

    /// Lends a value's bytes, nil for null. Row and column must exist.
    func withCell<Value>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) -> Value?) -> Cell<Value> {
        let (row, column) = (Int32(row), Int32(column))
        guard let start = unsafe PQgetvalue(result, row, column) else { return .null }
        let count = unsafe Int(PQgetlength(result, row, column))
        // Only an empty value can be null: the common case asks libpq twice instead of three times.
        if count == 0, unsafe PQgetisnull(result, row, column) == 1 { return .null }
        let value = unsafe body(UnsafeRawBufferPointer(start: start, count: count))
        return value.map { .value($0) } ?? .malformed
    }

    enum Cell<Value> {
        case null
        case malformed
        case value(Value)
    }

    /// What a failed result says, nil when libpq itself failed and the server said nothing.
    var serverFields: PostgresError.ServerFields? {
        guard let state = field(voicera_pq_field_sqlstate) else { return nil }
        return PostgresError.ServerFields(
            sqlState: state, message: field(voicera_pq_field_message) ?? "",
            constraint: field(voicera_pq_field_constraint), column: field(voicera_pq_field_column))
    }

    private func field(_ code: some BinaryInteger) -> String? {
        guard let text = unsafe PQresultErrorField(result, Int32(code)) else { return nil }
        return unsafe String(cString: text)
    }
}
