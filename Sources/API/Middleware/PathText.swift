import Ledger

/// A request's path as it may be written down.
enum PathText {
    private static let longest = 500

    /// Without segments that look like a key: somebody may have put one where an id belongs.
    static func shown(_ path: String) -> String {
        let short = path.utf8.count > longest ? String(path.prefix(longest)) : path
        guard SecretText.isLikely(short) else { return short }
        return short.split(separator: "/", omittingEmptySubsequences: false).map { SecretText.isLikely(String($0)) ? "[redacted]" : String($0) }.joined(
            separator: "/")
    }
}
