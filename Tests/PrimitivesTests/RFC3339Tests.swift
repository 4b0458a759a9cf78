import Foundation
import Primitives
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2024-01-15T10:30:00Z", 1_705_314_600_000_000), ("2024-02-29t23:59:59.123456z", 1_709_251_199_123_456),
            ("2024-01-15T12:30:00+02:00", 1_705_314_600_000_000), ("2024-01-15T05:00:00.5-05:30", 1_705_314_600_500_000),
            ("1969-12-31T23:59:59.999999Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("2024-01-15 10:30:00.1234567Z", 1_705_314_600_123_456),
        ] as [(String, Int64)])
    func `a time is read`(text: String, microseconds: Int64) {
        #expect(RFC3339.parse(text) == microseconds)
    }

    @Test(arguments: [
        "", "2024", "2024-01-15", "2024-01-15T10:30:00", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-00-10T00:00:00Z",
        "2024-01-15T24:00:00Z",
        "2024-01-15T10:60:00Z", "2024-01-15T10:30:61Z", "2024-01-15T10:30:00.Z", "2024-01-15T10:30:00+0200", "2024-01-15T10:30:00Zx", "tomorrow",
        "+2024-01-15T10:30:00Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test func `texts agree with Foundation over ten thousand years`() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for step in stride(from: -62_135_596_800 as Int64, through: 253_402_300_799, by: 86_399 * 1021) {
            let text = RFC3339.text(step * 1_000_000 + 125_000)
            let date = Date(timeIntervalSince1970: Double(step) + 0.125)
            // Foundation's own calendar is another one before 1582.
            if step > -12_219_292_800 { #expect(text == date.formatted(style)) }
            #expect(RFC3339.parse(text) == step * 1_000_000 + 125_000)
            #expect(RFC3339.parse(RFC3339.wholeSeconds(step * 1_000_000 + 125_000)) == step * 1_000_000)
        }
    }
}
