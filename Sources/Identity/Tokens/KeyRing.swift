import Foundation
import JWTKit
import Primitives

/// The keys of one moment.
package struct KeyRing: Sendable {
    package enum Failure: Error {
        /// Every key that may sign is sealed under another `VOICERA_SECRET_KEY`.
        case noKeyToSignWith
    }

    private let keys: [String: SigningKey]
    /// In the order of the ledger.
    private let order: [String]
    private let current: SigningKey?
    /// In the place of all others, where there is one.
    private let shared: JWTKeyCollection?

    static let type = "at+jwt"

    /// - Parameters:
    ///   - current: nil when there is none that may and can sign.
    init(_ keys: [SigningKey], current: SigningKey?, sharedSecret: Redacted<String>?) async {
        self.keys = Dictionary(keys.map { ($0.kid, $0) }, uniquingKeysWith: { first, _ in first })
        order = keys.map(\.kid)
        self.current = current
        if let sharedSecret {
            shared = JWTKeyCollection()
            await shared?.add(hmac: HMACKey(from: sharedSecret.exposed), digestAlgorithm: .sha256)
        } else {
            shared = nil
        }
    }

    var canSign: Bool { shared != nil || current != nil }

    func sign(_ claims: AccessTokenClaims) async throws -> String {
        if let shared { return try await shared.sign(claims, header: JWTHeader(fields: ["typ": .string(Self.type)])) }
        guard let current else { throw Failure.noKeyToSignWith }
        return try await current.collection.sign(claims, header: JWTHeader(fields: ["typ": .string(Self.type), "kid": .string(current.kid)]))
    }

    /// Whether a token with this header is one that the ring could judge.
    func knows(_ header: TokenHeader) -> Bool {
        switch header.algorithm {
        case "ES256": header.kid.map { keys[$0] != nil } ?? false
        case "HS256": shared != nil && header.kid == nil
        default: false
        }
    }

    /// Nil unless a key of ours signed it. The header says which, and so never how: an algorithm has keys of its own.
    func verify(_ text: String, _ header: TokenHeader) async -> AccessTokenClaims? {
        guard knows(header) else { return nil }
        let collection = header.algorithm == "HS256" ? shared : header.kid.flatMap { keys[$0]?.collection }
        return try? await collection?.verify(text, as: AccessTokenClaims.self)
    }

    /// RFC 7517: what everybody may know.
    package var jwks: String {
        let members = order.compactMap { keys[$0] }.map { key in
            #"{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":\#(JSONText.quoted(key.kid)),"x":"\#(key.x)","y":"\#(key.y)"}"#
        }
        return #"{"keys":["# + members.joined(separator: ",") + "]}"
    }
}

/// What the first part of a signed token says of the token itself.
struct TokenHeader: Sendable, Equatable {
    var algorithm: String
    var type: String
    var kid: String?

    private static let longest = 4096

    /// Nil for what is no signed token, and for one with demands that we do not know.
    init?(of text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64URL.decode(parts[0]), Base64URL.decode(parts[1]) != nil, Base64URL.decode(parts[2])?.isEmpty == false,
            let json = try? RawJSON(bytes, maximumDepth: 4), let members = json.members, Set(members.map(\.name)).count == members.count,
            json["crit"] == nil, let algorithm = json["alg"]?.string, let type = json["typ"]?.string
        else { return nil }
        self.algorithm = algorithm
        // A media type: in any case, its first half may be left out (RFC 7515 §4.1.9).
        let small = type.lowercased()
        self.type = small.hasPrefix("application/") ? String(small.dropFirst("application/".count)) : small
        kid = json["kid"]?.string
    }
}
