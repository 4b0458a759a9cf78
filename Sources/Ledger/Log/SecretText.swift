/// Tells what may be a secret by its name or its look. It errs on the side of hiding.
package enum SecretText {
    private static let namesOfSecrets = [
        "password", "passwd", "passphrase", "secret", "token", "authorization", "apikey", "credential", "cookie", "privatekey", "signature", "assertion",
        "session",
    ]
    /// As long as this, a word is a key, a token or a hash. Our ids have 33 characters at most, a UUID 36.
    private static let shortestSecret = 40
    private static let schemes = ["bearer ", "basic ", "dpop "]

    /// A member's name as it is compared: `apiKey`, `api_key` and `API-Key` are one.
    package static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }

    /// - Parameter plainName: as `plain` makes it.
    static func isSecret(plainName: String) -> Bool {
        plainName == "headers" || namesOfSecrets.contains { plainName.contains($0) }
    }

    /// Whether the value of a header is nobody's business by the header's name.
    package static func isSecret(headerName: String) -> Bool {
        let name = plain(headerName)
        return isSecret(plainName: name) || name.contains("key") || name.contains("auth")
    }

    /// Whether a text is a header's credentials, or has a word in it that looks like a key.
    package static func isLikely(_ text: String) -> Bool {
        if text.utf8.count < shortestSecret, !text.utf8.contains(UInt8(ascii: " ")) { return false }
        let start = text.prefix(8).lowercased()
        if schemes.contains(where: start.hasPrefix) { return true }
        var run = 0
        for byte in text.utf8 {
            run = isOfKeys(byte) ? run + 1 : 0
            if run == shortestSecret { return true }
        }
        return false
    }

    /// The letters of base64 in both its forms, but the slash: paths are made of that.
    private static func isOfKeys(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_-+=.".utf8.contains(byte)
        }
    }
}
