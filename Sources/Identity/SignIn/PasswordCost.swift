/// What a guess costs (RFC 7914): memory is 128 × 2^logarithm × blockSize bytes, time grows with parallelism too.
package struct PasswordCost: Sendable, Equatable, LosslessStringConvertible {
    package let logarithm: Int
    package let blockSize: Int
    package let parallelism: Int

    /// 32 MiB three times over: the strength that OWASP recommends, in the form that needs the least memory at once.
    package static let usual = PasswordCost(logarithm: 15, blockSize: 8, parallelism: 3)

    package init(logarithm: Int, blockSize: Int, parallelism: Int) {
        self.logarithm = logarithm
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    package var description: String { "ln=\(logarithm),r=\(blockSize),p=\(parallelism)" }

    /// Nil also for a cost that a row of ours never has: a text from elsewhere must not take all memory.
    package init?(_ description: String) {
        let numbers = description.split(separator: ",", omittingEmptySubsequences: false).map { $0.split(separator: "=") }
        guard numbers.count == 3, numbers.allSatisfy({ $0.count == 2 }), numbers.map({ String($0[0]) }) == ["ln", "r", "p"],
            let logarithm = Int(numbers[0][1]), let blockSize = Int(numbers[1][1]), let parallelism = Int(numbers[2][1]),
            (1...18).contains(logarithm), (1...16).contains(blockSize), (1...16).contains(parallelism)
        else { return nil }
        self.init(logarithm: logarithm, blockSize: blockSize, parallelism: parallelism)
    }
}
