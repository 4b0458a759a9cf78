import API
import Testing

@Suite struct FormFieldsTests {
    @Test func `fields are decoded as browsers encode them`() throws {
        let form = try FormFields("a=1&b=x+y%20z&c=%C3%A9%26%3d&&d&e=&%66=g=h".utf8)
        #expect(form["a"] == "1" && form["b"] == "x y z" && form["c"] == "é&=" && form["f"] == "g=h")
        #expect(form["d"] == nil && form["e"] == nil, "without a value is not there")
        #expect(form.names == ["a", "b", "c", "d", "e", "f"] && form.repeated.isEmpty)
        #expect(try FormFields("".utf8).names.isEmpty)
    }

    @Test(arguments: ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&%61=2"]) func `a name that comes twice is told, however it is written`(text: String) throws {
        #expect(try FormFields(text.utf8).repeated == ["a"])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%4&b=1", "%=1", "a=%e9", "a=%C3", "a=%00", "a=\u{0}", "%00=1", "a=%ED%A0%80"])
    func `what is no encoding of a text is refused`(text: String) {
        #expect { try FormFields(text.utf8) } throws: { error in
            if case .malformed = error as? FormFields.Defect { true } else { false }
        }
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: FormFields.Defect.malformed(offset: 2)) { try FormFields([0x61, 0x3d, 0xff]) }
    }

    @Test func `it is bounded in bytes and in fields`() throws {
        #expect(throws: FormFields.Defect.tooLarge(limit: FormFields.mostBytes)) { try FormFields([UInt8](repeating: 0x61, count: FormFields.mostBytes + 1)) }
        let many = (0..<FormFields.mostFields).map { "f\($0)=1" }.joined(separator: "&")
        #expect(try FormFields(many.utf8).names.count == FormFields.mostFields)
        #expect(throws: FormFields.Defect.tooMany(limit: FormFields.mostFields)) { try FormFields((many + "&x=1").utf8) }
    }

    @Test func `any bytes are decoded or refused`() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("&=%+ab0\u{0}é".utf8) + [0xff, 0x80]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
            do { #expect(try FormFields(bytes).names.count <= FormFields.mostFields) } catch { #expect(error != .unsupportedMediaType) }
        }
    }
}
