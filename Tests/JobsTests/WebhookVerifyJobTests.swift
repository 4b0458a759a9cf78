import Primitives
import Testing

@testable import Jobs

@Suite struct WebhookVerifyJobTests {
    @Test(arguments: [
        ("abc", true), (" abc\n", true), (#"{"challenge":"abc"}"#, true), (#"{"ok":true,"challenge":"abc"}"#, true), ("abcd", false), ("", false),
        (#"{"challenge":"abd"}"#, false), (#"["abc"]"#, false), (#"{"challenge":["abc"]}"#, false), (#""abc""#, false),
    ])
    func `an echo is the challenge, bare or as a member`(body: String, isEcho: Bool) {
        #expect(WebhookVerifyJob.echoes(Array(body.utf8), "abc") == isEcho)
    }
}
