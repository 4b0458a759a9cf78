internal import NIOCore
internal import Testing

@testable internal import Redis

@Suite struct CodecTests {
    private func parse(_ text: String, chunk: Int = .max, limit: Int = 1 << 20) throws -> [RedisValue] {
        let reader = try #require(ReplyReader(maxReplyBytes: limit))
        var values: [RedisValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
            try piece.withUnsafeBytes { try reader.feed($0) }
            while let value = try reader.next() { values.append(value) }
        }
        return values
    }

    @Test func `a command is an array of bulk strings, whatever its words are made of`() {
        let parts: [[RedisArgument]] = [["SET", .bytes([0xff, 0])], [.int(.min), .int(.max), 0, -7, "", .string("grün")]]
        var encoder = CommandEncoder(capacity: 0)
        encoder.append(parts)
        var expected = Array("*8\r\n$3\r\nSET\r\n$2\r\n".utf8) + [0xff, 0]
        expected += Array("\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n$1\r\n0\r\n$2\r\n-7\r\n$0\r\n\r\n$5\r\ngrün\r\n".utf8)
        #expect(Array(encoder.buffer.readableBytesView) == expected)
        #expect(CommandEncoder.sizeBound(parts) >= expected.count)
    }

    @Test(arguments: [1, 2, 3, 7, .max]) func `replies are the same however the bytes arrive`(chunk: Int) throws {
        let values = try parse(":-5\r\n$-1\r\n*-1\r\n*0\r\n+OK\r\n-ERR no\r\n*3\r\n$0\r\n\r\n*2\r\n:1\r\n-WRONG x\r\n$3\r\na\r\n\r\n", chunk: chunk)
        #expect(
            values == [
                .integer(-5), .null, .null, .array([]), .string(Array("OK".utf8)), .error("ERR no"),
                .array([.string([]), .array([.integer(1), .error("WRONG x")]), .string(Array("a\r\n".utf8))]),
            ])
    }

    @Test func `arrays nest seven deep, and deeper ones are refused`() throws {
        var expected = RedisValue.integer(1)
        for _ in 0..<7 { expected = .array([expected]) }
        #expect(try parse(String(repeating: "*1\r\n", count: 7) + ":1\r\n") == [expected])
        #expect(throws: ReplyReader.Violation.self) { try parse(String(repeating: "*1\r\n", count: 12) + ":1\r\n") }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "$-2\r\n", "*-2\r\n", ":12x\r\n", ":99999999999999999999\r\n", "$99999999999999999999\r\n",
        "*4294967296\r\n", "\r\n", "$x\r\n", "\u{0}",
    ]) func `malformed bytes are a violation`(text: String) {
        #expect(throws: ReplyReader.Violation.self) { try parse(text) }
    }

    @Test(arguments: ["$9223372036854775807\r\nab", "*2147483647\r\n:1\r\n"]) func `a huge announced size takes no memory before the bytes come`(
        text: String
    ) throws {
        #expect(try parse(text).isEmpty)
    }

    @Test func `a reply larger than the bound is a violation, many small ones are not`() throws {
        #expect(throws: ReplyReader.Violation.self) {
            try parse("*100\r\n" + String(repeating: "+0123456789\r\n", count: 99), chunk: 100, limit: 1000)
        }
        #expect(try parse(String(repeating: "+0123456789\r\n", count: 200), limit: 1000).count == 200)
    }

    @Test func `numbers are read from integers and from numeric strings`() {
        #expect(RedisValue.integer(5).integer == 5)
        #expect(RedisValue.string(Array("-12".utf8)).integer == -12)
        #expect(RedisValue.string(Array("12a".utf8)).integer == nil)
        #expect(RedisValue.string([0xff]).text == nil)
    }
}
