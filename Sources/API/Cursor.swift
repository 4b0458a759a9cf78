import Foundation

/// A place in a list: after the last row that was shown. Opaque to clients, and good for its own list only.
struct Cursor {
    /// Which list it belongs to.
    let list: String
    let position: String

    /// What its text looks like.
    static let pattern = "^[A-Za-z0-9_-]{1,200}$"
    private static let longest = 200

    init(list: String, position: some CustomStringConvertible) {
        self.list = list
        self.position = position.description
    }

    /// Nil for a text that this list gave to nobody.
    init?(_ text: String, list: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let padded = text.replacing("-", with: "+").replacing("_", with: "/") + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), let decoded = String(validating: data, as: UTF8.self), decoded.hasPrefix(list + " ") else {
            return nil
        }
        self.init(list: list, position: decoded.dropFirst(list.count + 1))
    }

    var text: String {
        Data("\(list) \(position)".utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
