import Foundation
import Primitives
import Testing

@Suite struct RawJSONTests {
    @Test func `values are kept to the byte`() throws {
        let text = #" { "a" : 12345678901234567890.1234500 , "b":[ 1 , "x\/y" ],"c": {"d" :null} } "#
        let json = try RawJSON(Array(text.utf8))
        #expect(json["a"]?.text == "12345678901234567890.1234500")
        #expect(json["b"]?.text == #"[ 1 , "x\/y" ]"#)
        #expect(json["b"]?.elements?.map(\.text) == ["1", #""x\/y""#])
        #expect(json["c"]?.text == #"{"d" :null}"#)
        #expect(json["c"]?["d"]?.isNull == true)
        #expect(json["e"] == nil)
    }

    @Test func `the last of two members with one name counts, however it is spelled`() throws {
        #expect(try RawJSON(Array(#"{"a":1,"\u0061":2}"#.utf8))["a"]?.integer == 2)
    }

    @Test func `escapes are resolved`() throws {
        let json = try RawJSON(Array(#"["\"\\\/\b\f\n\r\t", "\u00e9\u20AC", "\ud83d\ude00!", "a\u0000b"]"#.utf8))
        #expect(json.elements?.map(\.string) == ["\"\\/\u{8}\u{c}\n\r\t", "é€", "😀!", "a\0b"])
    }

    @Test(arguments: [
        ("5", 5), ("-5", -5), ("0", 0), ("9223372036854775807", Int64.max), ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil),
    ])
    func `an integer is one without fraction that fits`(text: String, expected: Int64?) throws {
        #expect(try RawJSON(Array(text.utf8)).integer == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[01]", "[1.]", "[.5]", "[+1]", "[-]", "[1e]", "[NaN]", "nul", "[tru]", "1 2",
        "[\"\u{1}\"]",
        "[\"a]", #"["\x"]"#, #"["\u12g4"]"#, #"["\ud800"]"#, #"["\udc00"]"#, #"["\ud800\u0041"]"#, "[1]]", "\u{feff}[1]", "[1 2]", "{\"a\" 1}",
        "[\"\\", "{\"a\":}",
        "/**/[1]", "[1]\0",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: RawJSON.Defect.self) { try RawJSON(Array(text.utf8)) }
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: RawJSON.Defect.self) { try RawJSON([0x22, 0xff, 0x22]) }
        #expect(throws: RawJSON.Defect.self) { try RawJSON([0x22, 0xed, 0xa0, 0x80, 0x22]) }
    }

    @Test func `depth is bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
        _ = try RawJSON(nested(64))
        #expect(throws: RawJSON.Defect.tooDeep(limit: 64)) { try RawJSON(nested(65)) }
        #expect(throws: RawJSON.Defect.tooDeep(limit: 64)) { try RawJSON(Array(String(repeating: "[{\"a\":", count: 500_000).utf8)) }
    }

    @Test func `it agrees with Foundation on texts made at random`() throws {
        var generator = SplitMix64(seed: 42)
        for _ in 0..<2000 {
            let text = Self.value(&generator, depth: 0)
            let json = try RawJSON(Array(text.utf8))
            let judged = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect(Self.isEqual(json, judged), "\(text)")
        }
    }

    @Test func `damaged texts are refused or read, never fatal, and what is passed Foundation passes too`() throws {
        var generator = SplitMix64(seed: 7)
        let letters = Array("{}[]\",:\\u0123456789abcdeftrnl-+. \n".utf8) + [0, 0x1f, 0x7f, 0x80, 0xff]
        for _ in 0..<4000 {
            var bytes = Array(Self.value(&generator, depth: 0).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = letters[Int.random(in: letters.indices, using: &generator)]
            }
            guard let json = try? RawJSON(bytes) else { continue }
            Self.walk(json)
            #expect(
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil, "\(String(decoding: bytes, as: UTF8.self))"
            )
        }
    }

    // MARK: Texts at random, from a known seed

    private static func value(_ generator: inout SplitMix64, depth: Int) -> String {
        func space() -> String { ["", "", " ", "\n\t", "\r"].randomElement(using: &generator) ?? "" }
        switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &generator) {
        case 0: return ["true", "false", "null"].randomElement(using: &generator) ?? "null"
        case 1, 2: return ["0", "-1", "17", "3.25", "1e2", "-0.5E-1", "123456789"].randomElement(using: &generator) ?? "0"
        case 3, 4, 5: return string(&generator)
        case 6:
            let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in space() + value(&generator, depth: depth + 1) + space() }
            return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
        default:
            let members = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                space() + string(&generator) + space() + ":" + space() + value(&generator, depth: depth + 1) + space()
            }
            return "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
        }
    }

    private static func string(_ generator: inout SplitMix64) -> String {
        let pieces = ["a", "b", "é", "😀", "{", "}", "[", "]", ",", ":", " ", #"\""#, #"\\"#, #"\/"#, #"\n"#, #"\u00e4"#, #"\ud83d\ude00"#]
        return "\"" + (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined() + "\""
    }

    private static func isEqual(_ json: RawJSON, _ judged: Any) -> Bool {
        switch json.kind {
        case .null: return judged is NSNull
        case .string: return json.string == judged as? String
        case .boolean: return json.boolean == judged as? Bool
        case .number: return Double(json.text) == (judged as? NSNumber)?.doubleValue
        case .array:
            guard let elements = json.elements, let others = judged as? [Any], elements.count == others.count else { return false }
            return zip(elements, others).allSatisfy { isEqual($0, $1) }
        case .object:
            guard let members = json.members, let others = judged as? [String: Any], Set(members.map(\.name)) == Set(others.keys) else {
                return false
            }
            // Which of two members with one name Foundation keeps is its own affair.
            let counts = Dictionary(members.map { ($0.name, 1) }, uniquingKeysWith: +)
            return others.allSatisfy { name, value in counts[name] != 1 || json[name].map { isEqual($0, value) } == true }
        }
    }

    private static func walk(_ json: RawJSON) {
        _ = json.string
        _ = json.integer
        for element in json.elements ?? [] { walk(element) }
        for member in json.members ?? [] { walk(member.value) }
    }
}
