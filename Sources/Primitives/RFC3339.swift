/// Times as text, in microseconds since 1970.
package enum RFC3339 {
    private static let day: Int64 = 86_400_000_000

    /// UTC with milliseconds: `2024-01-15T10:30:00.000Z`.
    package static func text(_ microseconds: Int64) -> String { text(microseconds, hasMilliseconds: true) }

    /// UTC in whole seconds, cut off below: `2024-01-15T10:30:00Z`.
    package static func wholeSeconds(_ microseconds: Int64) -> String { text(microseconds, hasMilliseconds: false) }

    private static func text(_ microseconds: Int64, hasMilliseconds: Bool) -> String {
        let (days, rest) = microseconds.floored(by: day)
        let date = CivilDate(days: days)
        let milliseconds = Int(rest / 1000)
        var text = Writer()
        if date.year < 0 { text.put("-") }
        text.put(date.year.magnitude, width: 4)
        for (mark, number) in [("-", date.month), ("-", date.day), ("T", milliseconds / 3_600_000), (":", milliseconds / 60_000 % 60), (":", milliseconds / 1000 % 60)]
            as [(Unicode.Scalar, Int)]
        {
            text.put(mark)
            text.put(number.magnitude, width: 2)
        }
        if hasMilliseconds {
            text.put(".")
            text.put((milliseconds % 1000).magnitude, width: 3)
        }
        text.put("Z")
        return String(decoding: text.bytes, as: UTF8.self)
    }

    private struct Writer {
        var bytes: [UInt8] = []

        init() { bytes.reserveCapacity(32) }

        mutating func put(_ letter: Unicode.Scalar) { bytes.append(UInt8(truncatingIfNeeded: letter.value)) }

        /// With zeros in front up to the width.
        mutating func put(_ number: UInt, width: Int) {
            var unit: UInt = 1
            for _ in 1..<width { unit *= 10 }
            while number / unit > 9 { unit *= 10 }
            while unit > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
                unit /= 10
            }
        }
    }

    /// Nil for what is no RFC 3339 time with an offset. A leap second is the second after it.
    package static func parse(_ text: String) -> Int64? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"), let dayOfMonth = reader.digits(2),
            reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.digits(2), reader.take(":"), let minute = reader.digits(2), reader.take(":"), let second = reader.digits(2),
            (1...12).contains(month), (1...CivilDate.length(ofMonth: month, in: year)).contains(dayOfMonth), hour < 24, minute < 60, second <= 60,
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = Int64(hour * 3600 + minute * 60 + second) - offset
        return CivilDate(year: year, month: month, day: dayOfMonth).days * day + seconds * 1_000_000 + fraction
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ letter: Unicode.Scalar) -> Bool {
            guard position < bytes.count, UInt32(bytes[position]) == letter.value else { return false }
            position += 1
            return true
        }

        private mutating func digit() -> Int? {
            guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
            defer { position += 1 }
            return Int(bytes[position] - 0x30)
        }

        mutating func digits(_ count: Int) -> Int? {
            var number = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// Microseconds; what is finer is cut off. Nil for a dot without digits.
        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            var microseconds: Int64 = 0
            var unit: Int64 = 100_000
            guard var next = digit() else { return nil }
            while true {
                microseconds += Int64(next) * unit
                unit /= 10
                guard let more = digit() else { return microseconds }
                next = more
            }
        }

        /// Seconds east of UTC.
        mutating func offset() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
            return Int64(hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
        }
    }
}
