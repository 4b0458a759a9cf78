import Primitives

/// A signed JSON web token in its three parts (RFC 7515), read strictly and believed in nothing yet: who verifies it knows by which key.
struct CompactToken {
    let header: RawJSON
    let claims: RawJSON
    /// What the signature is of.
    let signedText: [UInt8]
    let signature: [UInt8]

    private static let longest = 8192

    /// Nil for a text that is none, for one that names a member twice, and for one with an extension that must be understood.
    init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]), let signature = Base64URL.decode(parts[2]),
            header["crit"] == nil
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signedText = Array("\(parts[0]).\(parts[1])".utf8)
    }

    private static func object(_ part: Substring) -> RawJSON? {
        guard let bytes = Base64URL.decode(part), let json = try? RawJSON(bytes, maximumDepth: 8), let members = json.members,
            Set(members.map(\.name)).count == members.count
        else { return nil }
        return json
    }
}

extension RawJSON {
    /// A time of a JSON web token. A fraction, which the RFC allows, is dropped; what no clock of ours will show is none.
    var seconds: Int64? {
        if let whole = integer { return (0...1 << 40).contains(whole) ? whole : nil }
        guard kind == .number, let number = Double(text), number >= 0, number < Double(1 << 40 as Int64) else { return nil }
        return Int64(number)
    }
}
