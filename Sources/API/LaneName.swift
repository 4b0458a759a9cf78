package import Primitives

/// How a client's lane is named in the ledger and the index: behind the workspace's id, so that no workspace can reach another's lane, nor an
/// endpoint's. Clients see and use the name alone; their usual lane is named like the workspace.
package enum LaneName {
    static let longest = 128

    package static func isValid(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
    }

    package static func stored(_ name: String?, workspace: WorkspaceID) -> String {
        guard let name, name != workspace.description else { return workspace.description }
        return "\(workspace):\(name)"
    }

    package static func shown(_ stored: String, workspace: WorkspaceID) -> String {
        let prefix = "\(workspace):"
        return stored.hasPrefix(prefix) ? String(stored.dropFirst(prefix.count)) : stored
    }

    /// The stored lanes that are shown by this name: a client's own, and an endpoint's, whose name is its id.
    package static func candidates(_ name: String, workspace: WorkspaceID) -> [String] {
        [stored(name, workspace: workspace)] + (EndpointID(name) == nil ? [] : [name])
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_.:@#/+-".utf8.contains(byte)
        }
    }
}
