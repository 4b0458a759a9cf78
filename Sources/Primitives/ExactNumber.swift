/// A JSON number without any loss: digits and a power of ten. Comparing and dividing take time by the digits that were written, not by the exponent.
package struct ExactNumber: Hashable, Sendable {
    private let isNegative: Bool
    /// Without zeros at either end; none for zero.
    private let digits: [UInt8]
    /// The value is `digits` read as a whole number, times ten to this.
    private let exponent: Int

    /// Beyond it an exponent is cut: nobody can tell apart what is so large or so small.
    private static let largestExponent = 1_000_000_000_000
    /// Digits of a number that others are to be multiples of.
    package static let mostDivisorDigits = 18

    /// - Parameter text: a number by the grammar of JSON.
    package init(_ text: String) {
        var digits: [UInt8] = []
        var exponent = 0
        var isNegative = false
        var isFraction = false
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "-") {
            isNegative = true
            bytes = bytes.dropFirst()
        }
        while let byte = bytes.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            bytes = bytes.dropFirst()
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte & 0x0f) }
                if isFraction { exponent -= 1 }
            }
        }
        exponent += Self.exponent(bytes.dropFirst())
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent
        self.isNegative = isNegative && !digits.isEmpty
    }

    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var number = 0
        for byte in bytes where byte >= 0x30 { number = min(number * 10 + Int(byte & 0x0f), largestExponent) }
        return isNegative ? -number : number
    }

    package var isPositive: Bool { !isNegative && !digits.isEmpty }
    package var isInteger: Bool { exponent >= 0 }
    package var digitCount: Int { digits.count }

    /// The same for equal numbers, and for no others.
    package var canonicalText: String { "\(isNegative ? "-" : "")\(digits.map(String.init).joined())e\(exponent)" }

    /// As a count; nil for a negative one or a fraction. What no array can have is the largest one.
    package var count: Int? {
        guard !isNegative, isInteger else { return nil }
        guard digits.count + exponent <= mostCountDigits else { return .max }
        return digits.reduce(0) { $0 * 10 + Int($1) } * power(exponent)
    }

    private var mostCountDigits: Int { 17 }
    private func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * 10 } }

    /// - Parameter divisor: positive, of at most `mostDivisorDigits`.
    package func isMultiple(of divisor: ExactNumber) -> Bool {
        guard !digits.isEmpty else { return true }
        // Our last digit is no zero: no power of ten divides us.
        guard exponent >= divisor.exponent else { return false }
        let modulus = UInt128(divisor.digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1) })
        guard modulus > 1 else { return true }
        let rest = digits.reduce(UInt128(0)) { ($0 * 10 + UInt128($1)) % modulus }
        return rest * Self.power(of: 10, exponent - divisor.exponent, modulo: modulus) % modulus == 0
    }

    private static func power(of base: UInt128, _ exponent: Int, modulo modulus: UInt128) -> UInt128 {
        var (result, square, left) = (UInt128(1) % modulus, base % modulus, exponent)
        while left > 0 {
            if left & 1 == 1 { result = result * square % modulus }
            square = square * square % modulus
            left >>= 1
        }
        return result
    }
}

extension ExactNumber: Comparable {
    package static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// By magnitude.
    private func isSmaller(than other: ExactNumber) -> Bool {
        guard !digits.isEmpty, !other.digits.isEmpty else { return !other.digits.isEmpty }
        let (scale, otherScale) = (digits.count + exponent, other.digits.count + other.exponent)
        return scale == otherScale ? digits.lexicographicallyPrecedes(other.digits) : scale < otherScale
    }
}
