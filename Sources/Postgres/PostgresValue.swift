package import Primitives

/// A parameter, sent in PostgreSQL's binary format with its type spelled out: a `.text` for a jsonb column needs `$1::jsonb`.
package enum PostgresValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    /// uuid
    case id(Identifier)
    /// timestamptz
    case timestamp(microsecondsSince1970: Int64)

    case ids([Identifier])
    case texts([String])
    case optionalTexts([String?])
    case int16s([Int16])
    case int32s([Int32])
    case int64s([Int64])
    case bools([Bool])
    case byteArrays([[UInt8]])
    case optionalIDs([Identifier?])
    case optionalInt32s([Int32?])
    case optionalInt64s([Int64?])
    /// Microseconds since 1970, like `timestamp`.
    case timestamps([Int64])
    case optionalTimestamps([Int64?])

    /// Zero lets the server decide by the statement.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .bool: ServerType.bool
        case .int16: ServerType.int2
        case .int32: ServerType.int4
        case .int64: ServerType.int8
        case .double: ServerType.float8
        case .text: ServerType.text
        case .bytes: ServerType.bytea
        case .id: ServerType.uuid
        case .timestamp: ServerType.timestamptz
        case .ids, .optionalIDs: ServerType.uuidArray
        case .texts, .optionalTexts: ServerType.textArray
        case .int16s: ServerType.int2Array
        case .int32s, .optionalInt32s: ServerType.int4Array
        case .int64s, .optionalInt64s: ServerType.int8Array
        case .bools: ServerType.boolArray
        case .byteArrays: ServerType.byteaArray
        case .timestamps, .optionalTimestamps: ServerType.timestamptzArray
        }
    }
}

/// The built-in types' numbers, fixed for ever in `pg_type.dat`.
enum ServerType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let varcharArray: UInt32 = 1015
    static let int8Array: UInt32 = 1016
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamptz: UInt32 = 1184
    static let timestamptzArray: UInt32 = 1185
    static let uuid: UInt32 = 2950
    static let uuidArray: UInt32 = 2951
    static let jsonb: UInt32 = 3802
}

/// PostgreSQL counts microseconds from 2000-01-01, and uses both ends of the range for its infinities.
enum ServerTime {
    private static let epoch: Int64 = 946_684_800_000_000

    static func fromUnix(_ microseconds: Int64) -> Int64? {
        let (time, overflow) = microseconds.subtractingReportingOverflow(epoch)
        return overflow || time == .min || time == .max ? nil : time
    }

    static func toUnix(_ time: Int64) -> Int64? {
        guard time != .min, time != .max else { return nil }
        let (microseconds, overflow) = time.addingReportingOverflow(epoch)
        return overflow ? nil : microseconds
    }
}
