import FoundationEssentials

/// The files of this repository, found from where this one was compiled.
enum Repository {
    struct File {
        /// From the repository's root.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var name: String { String(path.split(separator: "/").last ?? "") }
        /// `Queue` of `Sources/Queue/Index/Shard.swift`.
        var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    static func file(_ path: String) throws -> File {
        File(path: path, text: try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8))
    }

    /// Every file under a folder whose name ends so, in the order of paths. None at all is an error: a check of nothing would always hold.
    static func files(under folder: String, ending: String) throws -> [File] {
        let found = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").filter { $0.hasSuffix(ending) }.sorted()
        guard !found.isEmpty else { throw Missing(description: "no \(ending) under \(folder)") }
        return try found.map { try file("\(folder)/\($0)") }
    }

    static func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").filter { name in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)/\(name)")) != nil
        }.sorted()
    }
}

extension Substring {
    /// Where a comment begins: a `//` with nothing or a blank before it, which one inside a text seldom has.
    private var comment: Index? {
        var before = UInt8(ascii: " ")
        var beforeThat = before
        for index in utf8.indices {
            let byte = utf8[index]
            if byte == UInt8(ascii: "/"), before == byte, beforeThat == UInt8(ascii: " ") { return utf8.index(before: index) }
            (beforeThat, before) = (before, byte)
        }
        return nil
    }

    var code: Substring { comment.map { self[..<$0] } ?? self }
    var hasComment: Bool { comment != nil }
}
