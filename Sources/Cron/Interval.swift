/// A length of time such as `90s`, `1h30m` or `2d`.
enum Interval {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    private static let longest: Int64 = 366 * 86_400

    static func seconds(_ text: Substring) throws(CronError) -> Int64 {
        let refusal = CronError("'@every \(text)' is not an interval such as 90s, 15m, 1h30m or 2d, up to 366d")
        var total: Int64 = 0
        var number: Int64?
        for letter in text {
            if let digit = letter.isASCII ? letter.wholeNumberValue : nil {
                number = (number ?? 0) * 10 + Int64(digit)
            } else if let unit = units[letter], let count = number {
                total += count * unit
                number = nil
            } else {
                throw refusal
            }
            guard number ?? 0 <= longest, total <= longest else { throw refusal }
        }
        guard number == nil, total > 0 else { throw refusal }
        return total
    }
}
