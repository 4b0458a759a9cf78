package import Primitives

/// One row; columns count from 0. A reader throws `.decoding` for a column that is missing, null or of a type it does not know:
/// a value is never taken for another type's.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int

    package func id(_ column: Int) throws(PostgresError) -> Identifier { try required(column, try optionalID(column)) }
    package func text(_ column: Int) throws(PostgresError) -> String { try required(column, try optionalText(column)) }
    package func int16(_ column: Int) throws(PostgresError) -> Int16 { try required(column, try optionalInt16(column)) }
    package func int32(_ column: Int) throws(PostgresError) -> Int32 { try required(column, try optionalInt32(column)) }
    package func int64(_ column: Int) throws(PostgresError) -> Int64 { try required(column, try optionalInt64(column)) }
    package func bool(_ column: Int) throws(PostgresError) -> Bool { try required(column, try optionalBool(column)) }
    package func double(_ column: Int) throws(PostgresError) -> Double { try required(column, try optionalDouble(column)) }
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try required(column, try optionalBytes(column)) }
    /// Microseconds since 1970.
    package func timestamp(_ column: Int) throws(PostgresError) -> Int64 { try required(column, try optionalTimestamp(column)) }
    /// A `text[]` without nulls.
    package func texts(_ column: Int) throws(PostgresError) -> [String] { try required(column, try optionalTexts(column)) }
    /// A `uuid[]` without nulls.
    package func ids(_ column: Int) throws(PostgresError) -> [Identifier] { try required(column, try optionalIDs(column)) }

    package func optionalID(_ column: Int) throws(PostgresError) -> Identifier? {
        unsafe try read(column, as: "uuid") { type, bytes in
            unsafe type == ServerType.uuid ? BinaryFormat.id(bytes) : nil
        }
    }

    /// text, varchar, char(n), name, json and jsonb.
    package func optionalText(_ column: Int) throws(PostgresError) -> String? {
        unsafe try read(column, as: "text") { type, bytes in unsafe BinaryFormat.text(bytes, type: type) }
    }

    package func optionalInt16(_ column: Int) throws(PostgresError) -> Int16? {
        unsafe try read(column, as: "smallint") { type, bytes in
            type == ServerType.int2 && bytes.count == 2 ? unsafe BinaryFormat.integer(bytes) : nil
        }
    }

    /// integer, and smallint without loss.
    package func optionalInt32(_ column: Int) throws(PostgresError) -> Int32? {
        unsafe try read(column, as: "integer") { type, bytes in
            // A bigint is refused even where it would fit, or the error would come with the first large value.
            type == ServerType.int8 ? nil : unsafe BinaryFormat.wideInteger(bytes, type: type).map { Int32(truncatingIfNeeded: $0) }
        }
    }

    /// bigint, and the smaller ones without loss.
    package func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? {
        unsafe try read(column, as: "bigint") { type, bytes in unsafe BinaryFormat.wideInteger(bytes, type: type) }
    }

    package func optionalBool(_ column: Int) throws(PostgresError) -> Bool? {
        unsafe try read(column, as: "boolean") { type, bytes in
            type == ServerType.bool && bytes.count == 1 ? unsafe bytes[0] != 0 : nil
        }
    }

    /// double precision, and real without loss.
    package func optionalDouble(_ column: Int) throws(PostgresError) -> Double? {
        unsafe try read(column, as: "double precision") { type, bytes in
            switch (type, bytes.count) {
            case (ServerType.float8, 8): unsafe Double(bitPattern: BinaryFormat.integer(bytes))
            case (ServerType.float4, 4): unsafe Double(Float(bitPattern: BinaryFormat.integer(bytes)))
            default: nil
            }
        }
    }

    package func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        unsafe try read(column, as: "bytea") { type, bytes in type == ServerType.bytea ? unsafe Array(bytes) : nil }
    }

    /// timestamptz; an infinite one is an error.
    package func optionalTimestamp(_ column: Int) throws(PostgresError) -> Int64? {
        unsafe try read(column, as: "timestamptz") { type, bytes in
            type == ServerType.timestamptz && bytes.count == 8 ? unsafe ServerTime.toUnix(BinaryFormat.integer(bytes)) : nil
        }
    }

    package func optionalTexts(_ column: Int) throws(PostgresError) -> [String]? {
        unsafe try read(column, as: "text[]") { type, bytes in
            type == ServerType.textArray || type == ServerType.varcharArray ? unsafe BinaryFormat.texts(bytes) : nil
        }
    }

    package func optionalIDs(_ column: Int) throws(PostgresError) -> [Identifier]? {
        unsafe try read(column, as: "uuid[]") { type, bytes in type == ServerType.uuidArray ? unsafe BinaryFormat.ids(bytes) : nil }
    }

    private func required<Value>(_ column: Int, _ value: Value?) throws(PostgresError) -> Value {
        guard let value else { throw failure(column, "is null") }
        return value
    }

    private func read<Value>(
        _ column: Int, as expected: String, _ decode: (_ type: UInt32, _ bytes: UnsafeRawBufferPointer) -> Value?
    ) throws(PostgresError) -> Value? {
        guard column >= 0, column < result.types.count else { throw failure(column, "does not exist") }
        let type = result.types[column]
        switch unsafe result.withCell(row: index, column: column, { unsafe decode(type, $0) }) {
        case .value(let value): return value
        case .null: return nil
        case .malformed: throw failure(column, "holds no \(expected) (its type is \(type))")
        }
    }

    private func failure(_ column: Int, _ complaint: String) -> PostgresError {
        PostgresError(.decoding, operation: "decode", message: "column \(column) \(result.columnName(column)) \(complaint)")
    }
}
