import JSONSchema
import Primitives
import Testing

/// Reads `schema` and says what is wrong with `value`, as pointers.
func pointers(_ schema: String, _ value: String) throws -> [String] {
    try CompiledSchema(RawJSON(Array(schema.utf8))).faults(in: RawJSON(Array(value.utf8))).map(\.pointer)
}

/// Where a schema is refused.
func refusals(_ schema: String) throws -> [String] {
    do {
        _ = try CompiledSchema(RawJSON(Array(schema.utf8)))
        return []
    } catch let refusal as SchemaRefusal {
        return refusal.faults.map(\.pointer)
    }
}

/// The examples of the specification, and what is easily got wrong. Verdicts on thousands of others are compared in Tests/Conformance.
@Suite struct KeywordTests {
    @Test(arguments: [
        (#"{"type":"integer"}"#, "1.0", true), (#"{"type":"integer"}"#, "1e3", true), (#"{"type":"integer"}"#, "1.5", false),
        (#"{"type":["string","null"]}"#, "null", true), (#"{"type":["string","null"]}"#, "0", false),
        (#"{"const":1}"#, "1.000", true), (#"{"const":1}"#, "true", false), (#"{"const":{"a":1,"b":2}}"#, #"{"b":2,"a":1.0}"#, true),
        (#"{"enum":[0,"a",null]}"#, "-0.0", true), (#"{"enum":[0,"a",null]}"#, "false", false),
        (#"{"minimum":0.1}"#, "0.10000000000000000001", true), (#"{"minimum":0.1}"#, "0.09999999999999999999", false),
        (#"{"minimum":5}"#, "5.0", true), (#"{"maximum":5}"#, "5.0", true), (#"{"maximum":5}"#, "5.00001", false),
        (#"{"exclusiveMinimum":5}"#, "5.0", false), (#"{"exclusiveMinimum":5}"#, "5.00001", true), (#"{"minLength":2,"maxLength":2}"#, #""ab""#, true),
        (#"{"minItems":2,"maxItems":2}"#, "[1,2]", true), (#"{"minItems":2}"#, "[1]", false), (#"{"maxItems":2}"#, "[1,2,3]", false),
        (#"{"minProperties":1,"maxProperties":1}"#, #"{"a":1}"#, true), (#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, false),
        (#"{"contains":{"type":"number"},"maxContains":1}"#, "[1]", true), (#"{"contains":{"type":"number"},"maxContains":1}"#, "[1,2]", false),
        (#"{"exclusiveMaximum":10000000000000000001}"#, "10000000000000000000", true),
        (#"{"exclusiveMaximum":10000000000000000001}"#, "10000000000000000001", false),
        (#"{"multipleOf":0.01}"#, "0.07", true), (#"{"multipleOf":0.01}"#, "4.35", true), (#"{"multipleOf":0.01}"#, "4.355", false),
        (#"{"multipleOf":3}"#, "1e30", false), (#"{"multipleOf":7}"#, "7e999999999", true),
        (#"{"maxLength":2}"#, #""💩💩""#, true), (#"{"maxLength":1}"#, #""e\u0301""#, false), (#"{"const":"\u00e9"}"#, #""e\u0301""#, false),
        (#"{"minLength":3}"#, "5", true), (#"{"required":["a"]}"#, "[]", true),
        (#"{"prefixItems":[{"type":"string"}],"items":{"type":"number"}}"#, #"["a",1,2]"#, true),
        (#"{"prefixItems":[{"type":"string"}],"items":false}"#, #"["a",1]"#, false),
        (#"{"contains":{"type":"number"},"minContains":2,"maxContains":3}"#, #"["a",1,2]"#, true),
        (#"{"contains":{"type":"number"},"minContains":0}"#, "[]", true), (#"{"contains":true}"#, "[]", false),
        (#"{"uniqueItems":true}"#, #"[1,true,"1",[1],{"a":1}]"#, true), (#"{"uniqueItems":true}"#, #"[{"a":1,"b":2},{"b":2.0,"a":1}]"#, false),
        (#"{"properties":{"a":false}}"#, #"{"b":1}"#, true), (#"{"properties":{"a":false}}"#, #"{"a":1}"#, false),
        (#"{"patternProperties":{"^x-":{"type":"number"}},"additionalProperties":false}"#, #"{"x-a":1}"#, true),
        (#"{"patternProperties":{"^x-":{"type":"number"}},"additionalProperties":false}"#, #"{"y":1}"#, false),
        (#"{"propertyNames":{"maxLength":2}}"#, #"{"abc":1}"#, false), (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, false),
        (#"{"dependentSchemas":{"a":{"minProperties":2}}}"#, #"{"a":1}"#, false), (#"{"minProperties":1}"#, "{}", false),
        (#"{"oneOf":[{"type":"number"},{"minimum":5}]}"#, "3", true), (#"{"oneOf":[{"type":"number"},{"minimum":5}]}"#, "7", false),
        (#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#, "3", false), (#"{"not":{"type":"null"}}"#, "null", false),
        (#"{"if":{"type":"number"},"then":{"minimum":5},"else":{"type":"string"}}"#, "3", false),
        (#"{"if":{"type":"number"},"then":{"minimum":5},"else":{"type":"string"}}"#, #""a""#, true),
        (#"{"then":{"minimum":5}}"#, "3", true),
        (##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"next":{"$ref":"#"}},"required":["v"]}}}"##, ##"{"v":1,"next":{"v":2}}"##, true),
        (##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"next":{"$ref":"#"}},"required":["v"]}}}"##, ##"{"v":1,"next":{}}"##, false),
        (##"{"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"type":"string"}}}"##, "1", false),
        (#"{"format":"date-time"}"#, #""2024-02-30T10:00:00Z""#, false), (#"{"format":"date-time"}"#, #""2024-02-29T10:00:00+01:00""#, true),
        (#"{"format":"email"}"#, #""nobody""#, true), ("true", "1", true), ("false", "1", false), ("{}", "1", true),
    ])
    func `a value fits or not`(schema: String, value: String, fits: Bool) throws {
        #expect(try pointers(schema, value).isEmpty == fits)
    }

    @Test func `every fault has its place`() throws {
        let schema = #"""
            {"type":"object","properties":{"a/b":{"items":{"type":"string"}},"n":{"minimum":1,"maximum":2}},"required":["m~x"],"additionalProperties":false}
            """#
        #expect(try pointers(schema, #"{"a/b":["x",1,2],"n":5,"zz":0}"#) == ["/m~0x", "/a~1b/1", "/a~1b/2", "/n", "/zz"])
    }

    @Test func `the same member twice counts as the last one`() throws {
        #expect(try pointers(#"{"properties":{"a":{"type":"number"}}}"#, #"{"a":"x","a":1}"#) == [])
    }

    @Test(arguments: [
        (#"{"unevaluatedProperties":false}"#, "/unevaluatedProperties"), (#"{"$id":"x"}"#, "/$id"), (#"{"$anchor":"x"}"#, "/$anchor"),
        (#"{"properties":{"a":{"minimun":1}}}"#, "/properties/a/minimun"), (#"{"type":"str"}"#, "/type"), (#"{"type":[]}"#, "/type"),
        (#"{"enum":[]}"#, "/enum"), (#"{"multipleOf":0}"#, "/multipleOf"), (#"{"multipleOf":1.2345678901234567891}"#, "/multipleOf"),
        (#"{"minLength":-1}"#, "/minLength"), (#"{"minLength":1.5}"#, "/minLength"), (#"{"required":["a","a"]}"#, "/required"),
        (#"{"allOf":[]}"#, "/allOf"), (#"{"items":[{}]}"#, "/items"), (#"{"$ref":"https://example.com/x"}"#, "/$ref"),
        (##"{"$ref":"#/$defs/none"}"##, "/$ref"), (##"{"$ref":"#/properties"}"##, "/$ref"), (##"{"pattern":"(?=a)"}"##, "/pattern"),
        (#"{"pattern":"(a"}"#, "/pattern"), (#"{"pattern":"\\1"}"#, "/pattern"), (#"{"format":"phone"}"#, "/format"), ("[]", ""), ("1", ""),
        (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "/$schema"), (#"{"uniqueItems":1}"#, "/uniqueItems"),
        (##"{"$ref":"#"}"##, ""), (##"{"anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#"}}}}"##, ""),
    ])
    func `what would not be enforced is refused, and pointed at`(schema: String, pointer: String) throws {
        #expect(try refusals(schema) == [pointer])
    }

    @Test func `minLength may be written as a whole number with a fraction of nothing`() throws {
        #expect(try pointers(#"{"minLength":2.0}"#, #""a""#) == [""])
    }
}
