import Crypto
import Foundation
package import Primitives

/// A request's proof that its sender holds a key (DPoP, RFC 9449), found to be in order. Whether it was used before is for `FirstUses` to say.
package struct DPoPProof: Sendable, Equatable {
    package enum Refusal: Error, Sendable, Equatable {
        /// No signed JSON web token, or one with parts that a proof must not have or lacks.
        case malformed
        case wrongType
        /// Not one of `algorithms`; `none` and shared secrets among them.
        case algorithmNotSupported
        case keyNotSupported
        case badSignature
        case wrongMethod
        case wrongURL
        /// Made more than a minute ago, or in the future.
        case wrongTime
        /// Not of the access token that came with it.
        case wrongToken
    }

    /// SHA-256 thumbprint of the key (RFC 7638): what tokens and codes are bound to.
    package let thumbprint: String
    package let id: String
    /// Seconds since 1970.
    package let issuedAt: Int64
    /// As the server gave it, if the client was asked for one; whether it did is for `ProofNonces` to say.
    package let nonce: String?

    package static let algorithms = ["ES256", "EdDSA", "RS256", "PS256"]
    /// How far its time may be from ours, to either side.
    package static let window: Int64 = 60
    private static let longestID = 256

    /// - Parameters:
    ///   - url: ours, without query and fragment: scheme, host, port and path as the client is told.
    ///   - accessToken: the one that came with the request, if it is one for a resource.
    ///   - now: seconds since 1970.
    package init(
        verifying text: String, method: String, url: String, accessToken: Redacted<String>? = nil, now: Int64
    ) throws(Refusal) {
        guard let token = CompactToken(text) else { throw .malformed }
        let (header, claims) = (token.header, token.claims)
        // RFC 7515 lets a type be spelled in any case.
        guard header["typ"]?.string?.lowercased() == "dpop+jwt" else { throw .wrongType }
        guard let algorithm = header["alg"]?.string, Self.algorithms.contains(algorithm) else { throw .algorithmNotSupported }
        guard let jwk = header["jwk"], let (key, thumbprint) = ProofKey.read(jwk, algorithm: algorithm) else { throw .keyNotSupported }
        guard key.hasSigned(token.signedText, token.signature) else { throw .badSignature }

        guard let id = claims["jti"]?.string, (1...Self.longestID).contains(id.utf8.count), let time = claims["iat"]?.seconds else { throw .malformed }
        guard claims["htm"]?.string == method else { throw .wrongMethod }
        guard let given = claims["htu"]?.string.flatMap(Self.normal), given == Self.normal(url) else { throw .wrongURL }
        try Self.check(claims, time: time, now: now)
        if let accessToken {
            let hash = Base64URL.encode(SHA256.hash(data: Data(accessToken.exposed.utf8)).map(\.self))
            guard claims["ath"]?.string == hash else { throw .wrongToken }
        }
        if let given = claims["nonce"], given.string == nil { throw .malformed }
        nonce = claims["nonce"]?.string
        self.thumbprint = thumbprint
        self.id = id
        issuedAt = time
    }

    package static func isThumbprint(_ text: String) -> Bool { text.utf8.count == 43 && Base64URL.decode(text)?.count == 32 }

    /// `nbf` and `exp` are no part of a proof, but one that has them means them.
    private static func check(_ claims: RawJSON, time: Int64, now: Int64) throws(Refusal) {
        guard (now - window...now + window).contains(time) else { throw .wrongTime }
        if let start = claims["nbf"] {
            guard let start = start.seconds else { throw .malformed }
            guard start <= now + window else { throw .wrongTime }
        }
        if let end = claims["exp"] {
            guard let end = end.seconds else { throw .malformed }
            guard end > now - window else { throw .wrongTime }
        }
    }

    /// Scheme and host in small letters, the scheme's own port left out, no query, no fragment (RFC 9449 §4.3).
    private static func normal(_ url: String) -> String? {
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        guard let range = plain.firstRange(of: "://") else { return nil }
        let scheme = plain[..<range.lowerBound].lowercased()
        let authority = plain[range.upperBound...].prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = authority.lowercased()
        let usualPort = scheme == "https" ? ":443" : ":80"
        if host.hasSuffix(usualPort) { host.removeLast(usualPort.count) }
        let path = plain[authority.endIndex...]
        return "\(scheme)://\(host)\(path.isEmpty ? "/" : path)"
    }
}
