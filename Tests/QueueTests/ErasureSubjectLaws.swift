import Ledger
import Primitives
import Testing

@Suite struct ErasureSubjectLaws {
    private static let email = ErasureSubject(email: "Ann.b+c@Example.com")!

    @Test(arguments: [
        (#"{"email":"ann.b+c@example.com"}"#, #"{"email":"[erased]"}"#),
        (#"{"a":["ANN.B+C@EXAMPLE.COM","x"],"ann.b+c@example.com":1}"#, #"{"a":["[erased]","x"],"[erased]":1}"#),
        (#"{"a":"to: Ann <ann.b+c@example.com>, you"}"#, #"{"a":"to: Ann <[erased]>, you"}"#),
        (#"{"a":"ann.b+c\u0040example.com"}"#, #"{"a":"[erased]"}"#),
        (#"{"a":"\u0041nn.b\u002Bc@example\u002ecom."}"#, #"{"a":"[erased]."}"#),
        (#"{"answer":"{\"email\":\"ann.b+c\\u0040example.com\"}"}"#, #"{"answer":"{\"email\":\"[erased]\"}"}"#),
        (#"{"a":"Hello\nann.b+c@example.com\ttwice ann.b+c@example.com"}"#, #"{"a":"Hello\n[erased]\ttwice [erased]"}"#),
        ("/api/users?email=ann.b%2Bc%40example.com&x=1", "/api/users?email=[erased]&x=1"),
        ("mailto:ann.b+c@example.com", "mailto:[erased]"),
    ])
    func `a mention is found however it is written, and the rest stays to the byte`(text: String, expected: String) throws {
        #expect(Self.email.erased(from: text) == expected)
        if expected.hasPrefix("{") { _ = try RawJSON(Array(expected.utf8)) }
    }

    @Test(arguments: [
        "joann.b+c@example.com", "x.ann.b+c@example.com", "ann.b+c@example.community", "ann.b+c@example.com.au", "ann.b+c@example.com-x.de",
        "ann.b@example.com", #"{"a":"1ann.b+c@example.com"}"#, "", "%", "\\", "\\u00", "%4", "ann.b+c@example.co",
    ])
    func `what is somebody else's is left alone`(text: String) { #expect(Self.email.erased(from: text) == nil) }

    @Test func `an id is found as a whole, and as a part of a name`() {
        let user: UserID = IdentifierSource.system.next()
        let subject = ErasureSubject(user: user)
        #expect(subject.erased(from: #"{"userId":"\#(user)"}"#) == #"{"userId":"[erased]"}"#)
        #expect(subject.erased(from: "welcome_\(user)-1 /api/users/\(user)/x") == "welcome_[erased]-1 /api/users/[erased]/x")
        #expect(subject.erased(from: "\(user)0") == nil)
        #expect(subject.erased(from: "x\(user)") == nil)
    }

    @Test(arguments: ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\"", "<a@b>", String(repeating: "a", count: 260) + "@b"])
    func `what is no address is none`(text: String) { #expect(ErasureSubject(email: text) == nil) }
}
