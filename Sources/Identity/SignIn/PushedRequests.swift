import Crypto
import Foundation
package import Ledger
import Primitives

/// Authorization requests that clients pushed (RFC 9126): a reference of 256 random bits, good for a minute, one browser and one answer.
package struct PushedRequests: Sendable {
    package static let lifetime = Duration.seconds(60)
    private static let prefix = "urn:ietf:params:oauth:request_uri:"
    private let table: PushedRequestTable

    package init(table: PushedRequestTable) { self.table = table }

    /// - Parameter parameters: as a form, found to be in order.
    /// - Returns: the `request_uri`.
    package func push(_ parameters: String, client: OAuthClientRow) async throws -> String {
        let random = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        try await table.insert(hash: Self.hash(random), parameters: parameters, client: client.id, workspace: client.workspace, lifetime: Self.lifetime)
        return Self.prefix + Base64URL.encode(random)
    }

    package static func isReference(_ text: String) -> Bool { text.hasPrefix(prefix) }

    /// Nil when it is unknown, over, another client's or another browser's.
    package func open(_ reference: String, client: OAuthClientRow, browser: SessionSecret) async throws -> PushedRequestRow? {
        guard let hash = Self.hash(reference) else { return nil }
        return try await table.open(hash: hash, client: client.id, workspace: client.workspace, browser: browser.hash)
    }

    /// The browser goes on under another cookie, since somebody signed in.
    package func hand(_ reference: String, from browser: SessionSecret, to new: SessionSecret) async throws {
        guard let hash = Self.hash(reference) else { return }
        try await table.hand(hash: hash, from: browser.hash, to: new.hash)
    }

    /// False when it had its answer.
    package func answer(_ reference: String) async throws -> Bool {
        guard let hash = Self.hash(reference) else { return false }
        return try await table.answer(hash: hash)
    }

    private static func hash(_ reference: String) -> [UInt8]? {
        guard reference.hasPrefix(prefix), let random = Base64URL.decode(reference.dropFirst(prefix.count)), random.count == 32 else { return nil }
        return hash(random)
    }

    private static func hash(_ random: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: random)) }
}
