import Primitives

/// A client's signed word that it is the one (`private_key_jwt`: RFC 7523 with RFC 7521 §4.2), found to be in order. Whether it was used before is for
/// `FirstUses` to say.
package struct ClientAssertion: Sendable, Equatable {
    package enum Refusal: Error, Sendable, Equatable {
        case malformed
        /// Not one of the client's keys, or not by one of `DPoPProof.algorithms`.
        case badSignature
        /// Of another client, or for another server.
        case wrongName
        /// Over, not begun, or good for too long.
        case wrongTime
    }

    package static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    /// Seconds. What may be used once has to be remembered for as long.
    package static let longestLife: Int64 = 3600
    private static let skew: Int64 = 60
    private static let longestID = 256
    private static let types: Set<String> = ["jwt", "client-authentication+jwt"]

    let id: String
    /// Seconds since 1970.
    let expiresAt: Int64

    /// - Parameters:
    ///   - audiences: how we are called; the assertion has to name one of them and nobody else.
    ///   - now: seconds since 1970.
    package init(verifying text: String, client: String, keys: ClientKeys, audiences: Set<String>, now: Int64) throws(Refusal) {
        guard let token = CompactToken(text), token.header["typ"].map({ Self.types.contains($0.string?.lowercased() ?? "") }) ?? true else {
            throw .malformed
        }
        guard keys.haveSigned(token) else { throw .badSignature }
        let claims = token.claims
        guard claims["iss"]?.string == client, claims["sub"]?.string == client, let audience = Self.only(claims["aud"]), audiences.contains(audience) else {
            throw .wrongName
        }
        guard let id = claims["jti"]?.string, (1...Self.longestID).contains(id.utf8.count), let end = claims["exp"]?.seconds else { throw .malformed }
        guard (now - Self.skew + 1...now + Self.longestLife + Self.skew).contains(end) else { throw .wrongTime }
        for name in ["iat", "nbf"] {
            guard let given = claims[name] else { continue }
            guard let time = given.seconds else { throw .malformed }
            guard time <= now + Self.skew else { throw .wrongTime }
        }
        self.id = id
        expiresAt = end
    }

    /// Seconds for which it could be used again.
    func usableFor(at now: Int64) -> Int64 { expiresAt + Self.skew - now }

    /// Who an assertion says it is of; nobody has looked whether that is so.
    package static func subject(of text: String) -> String? { CompactToken(text)?.claims["sub"]?.string }

    private static func only(_ audience: RawJSON?) -> String? {
        guard let elements = audience?.elements else { return audience?.string }
        return elements.count == 1 ? elements[0].string : nil
    }
}
