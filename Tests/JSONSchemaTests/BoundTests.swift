import JSONSchema
import Primitives
import Testing

/// A schema and a value come from strangers: neither may take the processor, the stack or the memory.
@Suite struct BoundTests {
    private static let tooMuch = "takes too much work to be checked against its schema"

    private func faults(_ schema: String, _ value: String) throws -> [SchemaFault] {
        try CompiledSchema(RawJSON(Array(schema.utf8))).faults(in: RawJSON(Array(value.utf8)))
    }

    @Test func `a schema that doubles its work at every step is cut off`() throws {
        let steps = (0..<28).map { ##""d\##($0)":{"anyOf":[{"allOf":[{"$ref":"#/$defs/d\##($0 + 1)"}]},{"$ref":"#/$defs/d\##($0 + 1)"}]}"## }
        let short = (0..<12).map { ##""d\##($0)":{"allOf":[{"$ref":"#/$defs/d\##($0 + 1)"},{"$ref":"#/$defs/d\##($0 + 1)"}]}"## }
        #expect(try refusals(##"{"$ref":"#/$defs/d0","$defs":{\##(steps.joined(separator: ",")),"d28":false}}"##).count == 1, "too deep")
        let items = ##"{"items":{"$ref":"#/$defs/d0"},"$defs":{\##(short.joined(separator: ",")),"d12":true}}"##
        #expect(try faults(items, "[\(Array(repeating: "1", count: 1000).joined(separator: ","))]").map(\.reason) == [Self.tooMuch])
        #expect(try faults(items, "[1]").isEmpty)
    }

    @Test func `a verdict that was cut off is no verdict, under not either`() throws {
        let short = (0..<12).map { ##""d\##($0)":{"allOf":[{"$ref":"#/$defs/d\##($0 + 1)"},{"$ref":"#/$defs/d\##($0 + 1)"}]}"## }
        let items = ##"{"not":{"items":{"$ref":"#/$defs/d0"}},"$defs":{\##(short.joined(separator: ",")),"d12":true}}"##
        #expect(try faults(items, "[\(Array(repeating: "1", count: 1000).joined(separator: ","))]").map(\.reason) == [Self.tooMuch])
    }

    @Test func `schemas inside one another are followed to a bound`() throws {
        let open = String(repeating: #"{"items":"#, count: 60), close = String(repeating: "}", count: 60)
        let value = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(try faults(open + "{}" + close, value).isEmpty)
        let through = (0..<30).map { ##""d\##($0)":{"$ref":"#/$defs/d\##($0 + 1)"}"##  }.joined(separator: ",")
        let deep = ##"{"items":{"$ref":"#/$defs/d0"},"$defs":{\##(through),"d30":{"items":{"$ref":"#/$defs/d0"}}}}"##
        #expect(try faults(deep, value).map(\.reason) == [Self.tooMuch])
    }

    @Test func `no more than fifty faults are told`() throws {
        #expect(try faults(#"{"items":{"type":"string"}}"#, "[\(Array(repeating: "1", count: 1000).joined(separator: ","))]").count == 50)
    }

    @Test func `a schema has 64 KiB at most`() throws {
        #expect(try refusals(#"{"description":"\#(String(repeating: "x", count: 64 << 10))"}"#) == [""])
    }

    @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func `no pattern takes more than its length times the text's`(pattern: String) throws {
        let text = String(repeating: "a", count: 5000)
        #expect(try faults(#"{"not":{"pattern":"\#(pattern)"}}"#, "\"\(text)\"").count == (pattern == "(a|aa)+$" ? 1 : 0))
        // Some of 250,000 bytes are too much, which is said, at once.
        #expect(try faults(#"{"pattern":"\#(pattern)"}"#, "\"\(String(repeating: "a", count: 250_000))!\"").count == 1)
    }

    @Test func `repetitions count as if they were written out`() throws {
        #expect(try refusals(#"{"pattern":"((a{50}){50}){50}"}"#) == ["/pattern"])
        #expect(try refusals(#"{"pattern":"a{99999}"}"#) == ["/pattern"])
    }

    @Test func `numbers of any size are compared`() throws {
        #expect(try faults(#"{"minimum":1e999999999}"#, "1e888888888").count == 1)
        #expect(try faults(#"{"maximum":1e-400}"#, "1e-500").isEmpty)
        let digits = String(repeating: "9", count: 100_000)
        #expect(try faults(#"{"multipleOf":9,"minimum":1}"#, digits).isEmpty)
        #expect(try faults(#"{"maximum":-\#(digits.prefix(60_000))}"#, "-\(digits.prefix(60_000)).1").isEmpty)
    }
}
