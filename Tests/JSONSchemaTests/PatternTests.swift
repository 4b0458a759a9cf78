import JSONSchema
import Primitives
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc$", "xabc", false), ("^a.c$", "a\u{1F600}c", true), ("^a.c$", "a\\nc", false), ("^[a-c]+$", "abcabc", true),
        ("^[^a-c]+$", "abd", false), ("^(ab|cd)*$", "abcdab", true), ("^(ab|cd)*$", "abc", false), ("^a{2,3}$", "aaaa", false),
        ("^a{2,3}$", "aa", true), ("^a{2,}$", "aaaaa", true), ("^a?b+?c*$", "bbb", true), ("^\\\\d{3}-\\\\w+$", "123-a_9", true),
        ("^\\\\D\\\\S\\\\W$", "xy!", true), ("\\\\bfoo\\\\b", "a foo b", true), ("\\\\bfoo\\\\b", "afoob", false), ("\\\\Boo", "foo", true),
        ("^(?:a|(?<n>b))c$", "bc", true), ("^[\\\\w.-]+$", "a.b-c_d", true), ("^[\\\\D]$", "5", false), ("^[\\\\]\\\\-]$", "]", true),
        ("^\\\\u00e9\\\\x41\\\\u{1F600}$", "éA\u{1F600}", true), ("", "", true), ("^$", "", true), ("^$", "a", false), ("a||b", "c", true),
        ("^[]$", "a", false), ("^[^]$", "a", true), ("^\\\\/$", "/", true), ("(^|,)x($|,)", "a,x", true), ("^(a?){3}$", "aaaa", false),
    ])
    func `a pattern is found in a text or not`(pattern: String, text: String, isFound: Bool) throws {
        #expect(try pointers(#"{"pattern":"\#(pattern)"}"#, "\"\(text)\"").isEmpty == isFound)
    }

    @Test(arguments: [
        "(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(a)\\\\1", "\\\\k<n>", "\\\\p{L}", "a**", "a{2", "a{3,2}", "{", "}", "]", "[b-a]", "[\\\\d-z]", "(", ")", "*",
        "\\\\", "\\\\q", "\\\\u12", "\\\\ud800", "\\\\x4", "\\\\01", "^*", "(?i)a", "[a",
    ])
    func `what is not regular, or no pattern of ECMA-262, is refused`(pattern: String) throws {
        #expect(try refusals(#"{"pattern":"\#(pattern)"}"#) == ["/pattern"])
    }
}
