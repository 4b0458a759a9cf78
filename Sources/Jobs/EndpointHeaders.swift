package import Identity
package import Ledger
package import Primitives

/// The headers that a receiver asked to get with each delivery. Some are secrets, so that all of them rest sealed, as one JSON text:
/// `[["name","value",true],…]`, the flag saying whether the value is shown to nobody.
package struct EndpointHeaders: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        /// In lower case.
        package var name: String
        package var value: Redacted<String>
        package var isSecret: Bool

        package init(name: String, value: Redacted<String>, isSecret: Bool) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    package var all: [Header]

    package init(_ all: [Header] = []) { self.all = all }

    /// - Returns: nil for none.
    package func sealed(by sealer: Sealer, workspace: WorkspaceID, endpoint: EndpointID) throws -> EndpointProfile.Headers? {
        guard !all.isEmpty else { return nil }
        let text = "[" + all.map { "[\(JSONText.quoted($0.name)),\(JSONText.quoted($0.value.exposed)),\($0.isSecret)]" }.joined(separator: ",") + "]"
        let sealed = try sealer.seal(Redacted(Array(text.utf8)), context: Self.context(workspace: workspace, endpoint: endpoint))
        return EndpointProfile.Headers(sealed: sealed.bytes, keyID: sealed.keyID)
    }

    package init(_ headers: EndpointProfile.Headers?, sealer: Sealer, workspace: WorkspaceID, endpoint: EndpointID) throws {
        guard let headers else {
            self.init()
            return
        }
        let opened = try sealer.open(
            Sealed(bytes: headers.sealed, keyID: headers.keyID), context: Self.context(workspace: workspace, endpoint: endpoint))
        self.init(
            (try RawJSON(opened.exposed).elements ?? []).compactMap { entry in
                guard let parts = entry.elements, parts.count == 3, let name = parts[0].string, let value = parts[1].string else { return nil }
                return Header(name: name, value: Redacted(value), isSecret: parts[2].boolean ?? true)
            })
    }

    private static func context(workspace: WorkspaceID, endpoint: EndpointID) -> String {
        Sealer.endpointContext(workspace: workspace, endpoint: endpoint) + " headers"
    }
}
