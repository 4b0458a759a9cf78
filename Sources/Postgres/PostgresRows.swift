/// The answer to one statement. The values stay in libpq's memory until the last row of it is gone; nothing is copied before it is asked for.
package struct PostgresRows: RandomAccessCollection, Sendable {
    let result: ResultHandle

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < result.rowCount, "no such row")
        return PostgresRow(result: result, index: position)
    }

    /// How many rows an INSERT, UPDATE, DELETE or SELECT touched.
    package var affected: Int { result.affected }
}
