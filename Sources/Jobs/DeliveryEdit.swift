import Foundation
package import HTTPDelivery
package import Identity
package import Primitives

/// What an operator may write into the payload of a dead delivery before it runs again: `url`, another one than the endpoint's, and `headers` of this delivery
/// alone. Values of headers rest sealed and are shown to nobody again.
package struct DeliveryEdit: Sendable {
    package struct Refusal: Error, Sendable, Equatable {
        /// JSON pointer into the payload.
        package var pointer: String
        package var reason: String
    }

    /// Shown in the place of a value; given back, the value stays what it was.
    package static let mask = "********"
    private static let mark = "sealed:"
    private static let mostHeaders = 20
    private static let longestName = 64
    private static let longestValue = 2048
    /// What we say ourselves, or what would change where a message ends.
    private static let forbidden: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "traceparent", "tracestate", "transfer-encoding", "upgrade", "user-agent",
    ]

    private let sealer: Sealer
    private let policy: AddressPolicy

    package init(sealer: Sealer, policy: AddressPolicy) {
        self.sealer = sealer
        self.policy = policy
    }

    /// The payload as the ledger keeps it.
    /// - Parameter old: the one that it replaces.
    package func stored(_ payload: RawJSON, replacing old: String, workspace: WorkspaceID) throws(Refusal) -> String {
        if let url = payload["url"], !url.isNull {
            guard let text = url.string else { throw Refusal(pointer: "/url", reason: "must be a string") }
            do { _ = try DeliveryTarget(text, policy: policy) } catch { throw Refusal(pointer: "/url", reason: error.detail) }
        }
        guard let headers = payload["headers"], !headers.isNull else { return payload.text }
        let kept = (try? RawJSON(Array(old.utf8)))?["headers"]
        let sealed = try sealed(headers, kept: kept, workspace: workspace)
        let members = (payload.members ?? []).filter { $0.name != "headers" }.map { JSONText.quoted($0.name) + ":" + $0.value.text }
        return "{" + (members + ["\"headers\":{\(sealed)}"]).joined(separator: ",") + "}"
    }

    private func sealed(_ headers: RawJSON, kept: RawJSON?, workspace: WorkspaceID) throws(Refusal) -> String {
        guard let members = headers.members else { throw Refusal(pointer: "/headers", reason: "must be an object") }
        guard members.count <= Self.mostHeaders else { throw Refusal(pointer: "/headers", reason: "must not have more than \(Self.mostHeaders) headers") }
        var texts: [String] = []
        var names: Set<String> = []
        for member in members {
            let name = member.name.lowercased()
            let pointer = "/headers/" + member.name.replacing("~", with: "~0").replacing("/", with: "~1")
            guard Self.isName(name), names.insert(name).inserted else { throw Refusal(pointer: pointer, reason: "is no header that can be set here") }
            guard let value = member.value.string, Self.isValue(value) else {
                throw Refusal(pointer: pointer, reason: "must be a string of at most \(Self.longestValue) printable ASCII characters")
            }
            guard value != Self.mask else {
                guard let before = kept?[name]?.string else { throw Refusal(pointer: pointer, reason: "had no value that could stay") }
                texts.append(JSONText.quoted(name) + ":" + JSONText.quoted(before))
                continue
            }
            guard !value.hasPrefix(Self.mark), let text = Self.sealed(value, name: name, by: sealer, workspace: workspace) else {
                throw Refusal(pointer: pointer, reason: "is no value that can be set here")
            }
            texts.append(JSONText.quoted(name) + ":" + JSONText.quoted(text))
        }
        return texts.joined(separator: ",")
    }

    /// The payload as it is shown: of a header there is its name.
    package static func shown(_ payload: String) -> String {
        guard payload.contains("\"\(mark)"), let members = try? RawJSON(Array(payload.utf8)).members else { return payload }
        let texts = members.map { member in
            guard member.name == "headers", let headers = member.value.members else { return JSONText.quoted(member.name) + ":" + member.value.text }
            return "\"headers\":{" + headers.map { JSONText.quoted($0.name) + ":" + JSONText.quoted(mask) }.joined(separator: ",") + "}"
        }
        return "{" + texts.joined(separator: ",") + "}"
    }

    // MARK: Values at rest

    private static func sealed(_ value: String, name: String, by sealer: Sealer, workspace: WorkspaceID) -> String? {
        guard let sealed = try? sealer.seal(Redacted(Array(value.utf8)), context: context(name, workspace)) else { return nil }
        return "\(mark)\(sealed.keyID):\(Data(sealed.bytes).base64EncodedString())"
    }

    /// A value as it is sent. One that was written into the ledger open, by hand, is sent as it is.
    static func opened(_ value: String, name: String, by sealer: Sealer, workspace: WorkspaceID) throws -> String {
        guard value.hasPrefix(mark) else { return value }
        let parts = value.dropFirst(mark.count).split(separator: ":")
        guard parts.count == 2, let bytes = Data(base64Encoded: String(parts[1])) else { throw Sealer.Failure.notAuthentic }
        let opened = try sealer.open(Sealed(bytes: Array(bytes), keyID: String(parts[0])), context: context(name, workspace))
        return String(decoding: opened.exposed, as: UTF8.self)
    }

    private static func context(_ name: String, _ workspace: WorkspaceID) -> String { "\(workspace) delivery header \(name)" }

    private static func isName(_ name: String) -> Bool {
        (1...longestName).contains(name.utf8.count) && !name.hasPrefix("webhook-") && !forbidden.contains(name)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
            }
    }

    private static func isValue(_ value: String) -> Bool { value.utf8.count <= longestValue && value.utf8.allSatisfy { (0x20...0x7e).contains($0) } }
}
