import Testing

/// What the documents point to is there.
@Suite struct Documents {
    private static func all() throws -> [Repository.File] {
        let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        return try top.map(Repository.file) + Repository.files(under: "docs", ending: ".md") + Repository.files(under: "Sources", ending: ".md")
    }

    @Test func `links lead to files`() throws {
        for document in try Self.all() {
            let folder = document.path.split(separator: "/").dropLast().map(String.init)
            for link in document.text.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                let target = Self.resolve(folder, String(link.1))
                #expect(Repository.exists(target), "\(document.path) points to \(target)")
            }
        }
    }

    /// A law is worth what its test is: a link with a text in backquotes names a test of that file.
    @Test func `tests that are named exist`() throws {
        var named = 0
        for document in try Self.all() {
            let folder = document.path.split(separator: "/").dropLast().map(String.init)
            for link in document.text.matches(of: /\[`([^`\]]+)`\]\(([^)]*Tests\/[^)]+\.swift)\)/) {
                let path = Self.resolve(folder, String(link.2))
                #expect(try Repository.file(path).text.contains("func `\(link.1)`("), "\(document.path): \(link.1)")
                named += 1
            }
        }
        #expect(named > 0)
    }

    @Test func `every variable that is read is in the README`() throws {
        let readme = try Repository.file("README.md").text
        var names: Set<String> = []
        for file in try Repository.files(under: "Sources", ending: ".swift") {
            let reads = file.text.matches(of: /(?:value|getenv)\("([A-Z_]+)"\)|\("([A-Z_]+)", \\AddressPolicy/)
            names.formUnion(reads.map { String($0.1 ?? $0.2 ?? "") })
        }
        try #require(names.contains("DATABASE_URL") && names.contains("VOICERA_DENY_TARGETS"))
        #expect(names.filter { !readme.contains("`\($0)`") }.sorted() == [])
    }

    private static func resolve(_ folder: [String], _ link: String) -> String {
        var parts = folder
        for part in link.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
