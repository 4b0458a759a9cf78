package import Primitives

/// The public keys with which a client signs who it is (RFC 7517, as `jwks` of RFC 7591). Given to us, never fetched (decision 58).
package struct ClientKeys: Sendable, Equatable {
    package struct Malformed: Error, Sendable, Equatable {
        /// For people, as the end of a sentence.
        package var reason: String
    }

    package static let most = 10
    package static let longest = 16 << 10

    /// As it was given.
    package let text: String
    private let keys: [RawJSON]

    package init(_ json: RawJSON) throws(Malformed) {
        guard json.byteCount <= Self.longest else { throw Malformed(reason: "must not be larger than \(Self.longest / 1024) KiB") }
        guard let keys = json["keys"]?.elements, (1...Self.most).contains(keys.count) else {
            throw Malformed(reason: "must be an object whose keys are an array of 1 to \(Self.most)")
        }
        for key in keys {
            guard !Self.algorithms(of: key).isEmpty else {
                throw Malformed(reason: "holds a key that is not public, or none of \(DPoPProof.algorithms.joined(separator: ", ")) to sign with")
            }
        }
        text = json.text
        self.keys = keys
    }

    /// Of a row of ours.
    package init?(stored text: String) {
        guard let json = try? RawJSON(Array(text.utf8), maximumDepth: 8) else { return nil }
        try? self.init(json)
    }

    package static func == (one: ClientKeys, other: ClientKeys) -> Bool { one.text == other.text }

    /// By the key that the token names, or by any when it names none.
    func haveSigned(_ token: CompactToken) -> Bool {
        guard let algorithm = token.header["alg"]?.string else { return false }
        let named = token.header["kid"].map { name in keys.filter { $0["kid"]?.string == name.string } } ?? keys
        return named.contains { jwk in
            guard Self.algorithms(of: jwk).contains(algorithm), let (key, _) = ProofKey.read(jwk, algorithm: algorithm) else { return false }
            return key.hasSigned(token.signedText, token.signature)
        }
    }

    private static func algorithms(of jwk: RawJSON) -> [String] {
        guard jwk.members != nil, jwk["use"]?.string ?? "sig" == "sig" else { return [] }
        return DPoPProof.algorithms.filter { name in
            (jwk["alg"].map { $0.string == name } ?? true) && ProofKey.read(jwk, algorithm: name) != nil
        }
    }
}
