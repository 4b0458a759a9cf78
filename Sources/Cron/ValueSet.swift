/// Which of the values 0 to 63 a field allows.
struct ValueSet: Equatable, Sendable {
    private var bits: UInt64 = 0

    init() {}

    init(_ values: some Sequence<Int>) {
        for value in values { insert(value) }
    }

    var isEmpty: Bool { bits == 0 }
    var count: Int { bits.nonzeroBitCount }
    /// 0 for an empty one.
    var first: Int { isEmpty ? 0 : bits.trailingZeroBitCount }

    func contains(_ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }
    mutating func insert(_ value: Int) { bits |= 1 << UInt64(value) }
    mutating func formUnion(_ other: ValueSet) { bits |= other.bits }

    /// The smallest value that is not below the given one.
    func next(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits >> UInt64(value)
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }
}
