import Primitives
import Testing

@testable import Postgres

@Suite struct RoundTripTests {
    private static let id = Identifier(high: 0x0123_4567_89ab_7def, low: 0x8123_4567_89ab_cdef)
    /// 2025-11-24 01:02:03.456789 UTC.
    private static let time: Int64 = 1_763_946_123_456_789

    @Test func `every scalar comes back as it went`() async throws {
        try await withPool { pool in
            let sql = "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9"
            let row = try #require(
                try await pool.query(
                    sql,
                    [
                        .bool(true), .int16(.min), .int32(.max), .int64(.min), .double(-0.1), .text("héllo 👩🏽‍🚀 \u{0301}"), .bytes([0, 255, 7]),
                        .id(Self.id),
                        .timestamp(microsecondsSince1970: Self.time),
                    ]
                ).first)
            #expect(try row.bool(0) == true)
            #expect(try row.int16(1) == .min)
            #expect(try row.int32(2) == .max)
            #expect(try row.int64(3) == .min)
            #expect(try row.double(4) == -0.1)
            #expect(try row.text(5) == "héllo 👩🏽‍🚀 \u{0301}")
            #expect(try row.bytes(6) == [0, 255, 7])
            #expect(try row.id(7) == Self.id)
            #expect(try row.timestamp(8) == Self.time)
        }
    }

    @Test func `the server reads what was sent, and not only returns it`() async throws {
        try await withPool { pool in
            let sql = """
                SELECT $1::text, ($2 AT TIME ZONE 'UTC')::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text
                """
            let row = try #require(
                try await pool.query(
                    sql,
                    [
                        .id(Self.id), .timestamp(microsecondsSince1970: Self.time), .int64s([1, -2]), .texts(["a b", ""]), .bools([true, false]),
                        .optionalInt32s([1, nil]), .byteArrays([[1], []]), .ids([Self.id]), .int16s([]), .optionalTimestamps([nil]),
                    ]
                ).first)
            let id = "01234567-89ab-7def-8123-456789abcdef"
            let expected = [
                id, "2025-11-24 01:02:03.456789", "{1,-2}", #"{"a b",""}"#, "{t,f}", "{1,NULL}", #"{"\\x01","\\x"}"#, "{\(id)}", "{}", "{NULL}",
            ]
            #expect(try (0..<10).map { try row.text($0) } == expected)
        }
    }

    @Test(arguments: [[], [Self.time], [0, -1, Self.time, 946_684_800_000_000]])
    func `times in an array come back`(times: [Int64]) async throws {
        try await withPool { pool in
            let rows = try await pool.query("SELECT t FROM unnest($1) WITH ORDINALITY AS a (t, n) ORDER BY n", [.timestamps(times)])
            #expect(try rows.map { try $0.timestamp(0) } == times)
        }
    }

    @Test func `arrays of every kind unnest beside one another, nulls and empty texts included`() async throws {
        try await withPool { pool in
            let sql = """
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                """
            let rows = try await pool.query(
                sql,
                [
                    .ids([Self.id, Self.id]), .texts(["", "ünï"]), .optionalTexts([nil, ""]), .int16s([1, -1]), .int32s([2, -2]), .int64s([3, -3]),
                    .bools([true, false]), .byteArrays([[], [0]]), .optionalIDs([nil, Self.id]), .optionalInt32s([nil, 5]),
                    .optionalInt64s([6, nil]),
                    .timestamps([Self.time, 0]), .optionalTimestamps([nil, Self.time]),
                ])
            #expect(rows.count == 2)
            #expect(rows.affected == 2)
            let (first, second) = (rows[0], rows[1])
            #expect(try first.id(0) == Self.id)
            #expect(try [first.text(1), second.text(1)] == ["", "ünï"])
            #expect(try [first.optionalText(2), second.optionalText(2)] == [nil, ""])
            #expect(try [first.int16(3), second.int16(3)] == [1, -1])
            #expect(try [first.int32(4), second.int32(4)] == [2, -2])
            #expect(try [first.int64(5), second.int64(5)] == [3, -3])
            #expect(try [first.bool(6), second.bool(6)] == [true, false])
            #expect(try [first.bytes(7), second.bytes(7)] == [[], [0]])
            #expect(try [first.optionalID(8), second.optionalID(8)] == [nil, Self.id])
            #expect(try [first.optionalInt32(9), second.optionalInt32(9)] == [nil, 5])
            #expect(try [first.optionalInt64(10), second.optionalInt64(10)] == [6, nil])
            #expect(try [first.timestamp(11), second.timestamp(11)] == [Self.time, 0])
            #expect(try [first.optionalTimestamp(12), second.optionalTimestamp(12)] == [nil, Self.time])
        }
    }

    @Test func `text arrays are read, one with a null is an error`() async throws {
        try await withPool { pool in
            let row = try #require(
                try await pool.query("SELECT $1, $2, $3, NULL::text[]", [.texts(["a", "", "ö"]), .texts([]), .optionalTexts(["a", nil])]).first)
            #expect(try row.texts(0) == ["a", "", "ö"])
            #expect(try row.texts(1) == [])
            #expect(throws: PostgresError.self) { try row.texts(2) }
            #expect(try row.optionalTexts(3) == nil)
        }
    }

    @Test func `a value is never taken for another type's`() async throws {
        try await withPool { pool in
            let sql = "SELECT 1::int8, 'x'::text, 'x'::bytea, NULL::int8, 1.5::numeric, 'infinity'::timestamptz, '{\"a\":1}'::jsonb, 7::int2"
            let row = try #require(try await pool.query(sql).first)
            func code(_ read: () throws -> Void) -> PostgresError.Code? {
                do {
                    try read()
                    return nil
                } catch { return (error as? PostgresError)?.code }
            }
            #expect(code { _ = try row.int32(0) } == .decoding)
            #expect(code { _ = try row.timestamp(0) } == .decoding)
            #expect(code { _ = try row.bytes(1) } == .decoding)
            #expect(code { _ = try row.text(2) } == .decoding)
            #expect(code { _ = try row.int64(3) } == .decoding)
            #expect(code { _ = try row.optionalText(3) } == nil)
            #expect(code { _ = try row.double(4) } == .decoding)
            #expect(code { _ = try row.timestamp(5) } == .decoding)
            #expect(code { _ = try row.text(99) } == .decoding)
            #expect(code { _ = try row.text(-1) } == .decoding)
            #expect(try row.text(6) == #"{"a": 1}"#)
            #expect(try row.int64(7) == 7)
        }
    }

    @Test func `rows outlive their connection and their pool`() async throws {
        let rows = try await withPool { try await $0.query("SELECT n, 'row ' || n FROM generate_series(1, 2000) AS n") }
        #expect(rows.count == 2000)
        #expect(try rows[1999].text(1) == "row 2000")
        #expect(try rows.reduce(0) { try $0 + $1.int64(0) } == 2_001_000)
    }

    @Test func `a large parameter and a large answer pass each other`() async throws {
        try await withPool { pool in
            let large = [UInt8](repeating: 0x61, count: 6 << 20)
            let rows = try await pool.query("SELECT $1", [.bytes(large)])
            #expect(try rows.first?.bytes(0) == large)
        }
    }

    @Test func `text that PostgreSQL cannot hold is an error of the data`() async throws {
        try await withPool { pool async throws in
            let nul = await failure { try await pool.query("SELECT $1", [.text("a\0b")]) }
            #expect(nul?.code == .invalidData)
            #expect(nul?.sqlState == "22021")
            let invalid = await failure { try await pool.query("SELECT convert_from($1, 'UTF8')", [.bytes([0xff, 0xfe])]) }
            #expect(invalid?.code == .invalidData)
            #expect(await failure { try await pool.query("SELECT $1", [.timestamp(microsecondsSince1970: .min)]) }?.code == .invalidData)
            #expect(await failure { try await pool.query("SELECT 1 \0; DROP TABLE x") }?.code == .invalidData)
            #expect(await failure { try await pool.query("SELECT 1", Array(repeating: .null, count: 70_000)) }?.code == .invalidData)
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }
}
