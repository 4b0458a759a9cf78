/// What dead letters are grouped by: kind, error class, and what the message says when everything that differs from job to job is taken out of it.
///
/// The message is normalised here and the hash made by the ledger, which has the job's kind at hand: there is one of each. A fingerprint begins
/// with the version of these rules. Whoever changes what `Fingerprint.normalised` answers raises it, so that old groups do not mix with new ones.
package enum Fingerprint {
    private static let version = "f1_"
    /// Of a fingerprint behind its version: 64 bits, far beyond the failures that a workspace can tell apart.
    private static let digits = 16

    /// The SQL expression of a fingerprint.
    /// - Parameters: SQL expressions of the job's kind, its error class, and its message as `normalised` has it.
    static func sql(kind: String, errorClass: String, message: String) -> String {
        "'\(version)' || left(encode(sha256(convert_to("
            + "\(kind) || E'\\n' || coalesce(\(errorClass), '') || E'\\n' || coalesce(\(message), ''), 'UTF8')), 'hex'), \(digits))"
    }

    /// The same for all messages that differ only in numbers, ids, addresses, times, quoted texts, the variable parts of URLs, case and blanks.
    package static func normalised(_ message: String) -> String {
        var normaliser = MessageNormaliser(message)
        return normaliser.run()
    }
}

extension Settlement {
    /// Nil unless the job is buried: other endings have no fingerprint, and shall not pay for one.
    var normalisedMessage: String? { ending == .dead ? Fingerprint.normalised(errorMessage ?? "") : nil }
}
