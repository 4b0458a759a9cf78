extension RawJSON {
    /// Like `integer`, and whole numbers that are written with a fraction or an exponent, such as `5.0`: JSON does not tell them apart.
    package var wholeNumber: Int64? {
        if let integer { return integer }
        guard kind == .number, let number = Double(text), number == number.rounded(), abs(number) <= Self.mostExact else { return nil }
        return Int64(number)
    }

    /// Above it a Double no longer tells whole numbers apart.
    private static let mostExact = 9_007_199_254_740_992.0
}
