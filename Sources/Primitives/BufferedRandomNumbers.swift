#if canImport(Glibc)
    import Glibc
#endif

/// The system's random numbers, asked for a few dozen at a time: a system call for each costs more than the id that is made of it.
struct BufferedRandomNumbers: RandomNumberGenerator {
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
        if let number = numbers.popLast() { return number }
        numbers = Self.fresh()
        return numbers.removeLast()
    }

    private static func fresh() -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: 32)
        // 256 bytes are the most that getentropy gives at once.
        let isFilled = numbers.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) == 0 }
        guard !isFilled else { return numbers }
        var system = SystemRandomNumberGenerator()
        return numbers.map { _ in system.next() }
    }
}
