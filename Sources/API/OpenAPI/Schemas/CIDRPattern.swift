/// Addresses and ranges of them, as patterns of the document have them. IPv6 with an IPv4 tail is taken as well, and left out here.
enum CIDRPattern {
    static let v4 = "(\(byte)\\.){3}\(byte)(/(3[0-2]|[12]?[0-9]))?"
    static let v6 = "(\(forms.joined(separator: "|")))(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"

    private static let byte = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    private static let group = "[0-9A-Fa-f]{1,4}"
    /// All eight groups, or some before and after the double colon.
    private static let forms =
        ["(\(group):){7}\(group)", "(\(group):){1,7}:", ":(:\(group)){1,7}", "::"]
        + (1...6).map { "(\(group):){1,\(7 - $0)}(:\(group)){1,\($0)}" }
}
