import Ledger
import Testing

/// What differs from job to job is taken out of a message, and what tells failures apart is left in.
@Suite struct FingerprintLaws {
    @Test(arguments: [
        ("the receiver answered 503", "the receiver answered 503"),
        ("exit code 137", "exit code 137"),
        ("status: 404", "status: 404"),
        ("HTTP status 404: not found", "http status 404: not found"),
        ("timed out after 1500 ms", "timed out after <n> ms"),
        ("timed out after 1.5 s", "timed out after <n> s"),
        ("took 15ms", "took <n>ms"),
        ("Row 12 of 3,000", "row <n> of <n>"),
        ("ids 1, 2, 3 are gone", "ids <n> are gone"),
        ("job_01jd0q2v7wk5x8y9zabcdefghj is gone", "<id> is gone"),
        ("endpoint whk_01JD0Q2V7WK5X8Y9ZABCDEFGHJ: closed", "endpoint <id>: closed"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace <id>"),
        ("object 0x7ffee4b0 freed", "object <id> freed"),
        ("commit 3f2504e is unknown", "commit <n>f<n>e is unknown"),
        ("user 3f2504e0-4f89-11d3-9a0c-0305e82c3301 unknown", "user <id> unknown"),
        ("token sk_live_51H8a9bCdEfGhIjKlMn0 refused", "token <id> refused"),
        ("no column \"e-mail\" in 'users'", "no column <str> in <str>"),
        ("can't connect, won't retry", "can't connect, won't retry"),
        ("unknown field “naïve”", "unknown field <str>"),
        ("connect to 10.0.0.1:5432 refused", "connect to <ip> refused"),
        ("connect to ::1 refused", "connect to <ip> refused"),
        ("connect to [2001:db8::7]:443 refused", "connect to [<ip>]:<n> refused"),
        ("dial db-3.example.com:5432", "dial db-<n>.example.com:<n>"),
        ("since 2024-01-15T10:30:00.123Z", "since <time>"),
        ("at 10:30:00 on 2024-01-15", "at <time> on <time>"),
        ("GET https://api.example.com:8443/v1/users/42?x=1#y failed", "get https://api.example.com/v<n>/users/<n> failed"),
        ("POST http://user:secret@127.0.0.1/a", "post http://<ip>/a"),
        ("see <https://example.com/orders/0af3c2d1e4b5>.", "see <https://example.com/orders/<id>>."),
        ("line one\n\tline   two  ", "line one line two"),
        ("Ünïcode Ärger", "ünïcode ärger"),
        ("", ""),
    ])
    func `a message keeps its words and loses its particulars`(message: String, expected: String) {
        #expect(Fingerprint.normalised(message) == expected)
    }

    @Test func `two failures of one cause are one, whatever they failed with`() {
        var generator = SystemRandomNumberGenerator()
        func number() -> String { "\(UInt32.random(in: 0...UInt32.max, using: &generator))" }
        func word() -> String { String((0..<12).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement(using: &generator) ?? "a" }) }
        func address() -> String { (0..<4).map { _ in "\(UInt8.random(in: 0...255, using: &generator))" }.joined(separator: ".") }
        let templates: [() -> String] = [
            { "order \(number()) of customer '\(word())' was refused after \(number()) ms" },
            { "connect to \(address()):\(number().prefix(4)) timed out" },
            { "GET https://example.com/customers/\(number())/orders?token=\(word()) answered 500" },
            { "duplicate key \"\(word())\" at \(Int.random(in: 10...23, using: &generator)):30:00" },
        ]
        for template in templates {
            let normalised = Set((0..<200).map { _ in Fingerprint.normalised(template()) })
            #expect(normalised.count == 1, "\(normalised)")
        }
        #expect(Set(templates.map { Fingerprint.normalised($0()) }).count == templates.count)
    }

    @Test func `whatever a receiver answers, what comes of it is bounded and in one line`() {
        #expect(Fingerprint.normalised("GET http://example.com/a\u{1}b\nfailed") == "get http://example.com/a b failed")
        var generator = SystemRandomNumberGenerator()
        let letters = Array("aZ09 \n\t\"'`/\\:.,-_@?#<>[](){}=%§ß“”é漢\u{0}".unicodeScalars)
        for _ in 0..<2000 {
            let length = Int.random(in: 0...1500, using: &generator)
            var text = String.UnicodeScalarView()
            for _ in 0..<length { text.append(letters.randomElement(using: &generator) ?? "a") }
            let normalised = Fingerprint.normalised(String(text))
            #expect(normalised.unicodeScalars.count <= 256)
            #expect(normalised.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(String(text).debugDescription)")
            #expect(Fingerprint.normalised(String(text)) == normalised)
        }
    }

    @Test(arguments: [1, 3, 7, 50, 1000, 5000] as [Int32])
    func `a rate holds on average, with no burst after an outage`(rate: Int32) {
        var generator = SystemRandomNumberGenerator()
        var (now, next, moved): (Int64, Int64, Int) = (1_000_000_000, 1_000_000_000, 0)
        let start = now
        func tick(_ wait: Int64) -> Int {
            now += wait
            let pace = DeadLetterPace(rate: rate, next: next, now: now)
            let count = pace.allowed(most: 10_000)
            if count > 0 { next = pace.next(afterMoving: count) }
            return count
        }
        for _ in 0..<1000 { moved += tick(Int64.random(in: 1000...500_000, using: &generator)) }
        let expected = Double(now - start) / 1e6 * Double(rate)
        #expect(abs(Double(moved) - expected) <= 2 + expected * 0.001, "\(moved) of \(expected)")
        #expect(tick(3_600_000_000) <= Int(rate), "an hour's outage is no hour's jobs")
        #expect(tick(0) == 0)
        #expect(DeadLetterPace(rate: nil, next: 0, now: now).allowed(most: 7) == 7)
    }
}
