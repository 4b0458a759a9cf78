import Foundation
import Primitives
import Testing

@Suite struct JSONTextTests {
    @Test func `every text comes back from its quotes`() throws {
        let texts = ["", "plain", "\"quoted\" \\ back", "\u{0}\u{1}\u{8}\u{c}\u{1f}\n\r\t", "é😀\u{2028}", "a/b", "\u{7f}"]
        for text in texts {
            let json = JSONText.quoted(text)
            #expect(try RawJSON(Array(json.utf8)).string == text)
            #expect(try JSONDecoder().decode(String.self, from: Data(json.utf8)) == text)
        }
    }

    @Test(arguments: [
        (#"{}"#, 2), (#"{"a":"}"},1"#, 9), (#"{"a":"\\"}"#, 10), (#"{"a":"\""#, nil), (#"[]"#, nil), ("", nil), (#"{"a":{"b":[{}]}} "#, 16),
    ] as [(String, Int?)])
    func `an object ends where its brace is closed`(text: String, end: Int?) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { JSONText.endOfObject(in: $0, from: 0) } == end)
    }
}
