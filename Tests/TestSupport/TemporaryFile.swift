import Foundation

/// A file for one test, gone with the value's last copy.
package struct TemporaryFile: Sendable {
    private let folder: TemporaryDirectory

    package var path: String { folder.path + "/file" }

    package init(_ text: String) throws {
        folder = try TemporaryDirectory()
        try text.write(toFile: folder.path + "/file", atomically: false, encoding: .utf8)
    }
}
