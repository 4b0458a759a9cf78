import Testing

@Suite struct Layering {
    @Test func `every import is one that its module's row allows`() throws {
        var wrong: [String] = []
        for file in try Repository.files(under: "Sources", ending: ".swift") {
            let allowed = Layer.all.first { $0.module == file.module }?.allowed ?? []
            wrong += Self.imports(of: file).filter { !allowed.contains($0) }.map { "\(file.path) imports \($0)" }
        }
        #expect(wrong == [], "put the code where it belongs, or draw the arrow in Package.swift and in Layers.swift")
    }

    @Test func `every module has its row`() throws {
        #expect(try Repository.folders(in: "Sources") == Layer.all.map(\.module).sorted())
    }

    @Test func `arrows point down`() {
        var above: Set<String> = []
        for layer in Layer.all {
            #expect(layer.ours.isSubset(of: above), "\(layer.module) points to a row below it, or to none")
            above.insert(layer.module)
        }
    }

    @Test func `the rows are the arrows of Package.swift`() throws {
        var declared: [String: Set<String>] = [:]
        let targets = /\.(?:target|executableTarget)\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]/
        for target in try Repository.file("Package.swift").text.matches(of: targets) {
            declared[String(target.1)] = Set(target.2.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        for layer in Layer.all where !layer.ours.isEmpty { #expect(declared[layer.module] == layer.ours, "\(layer.module)") }
    }

    @Test func `a C library is imported by its client only`() throws {
        let clients = ["CHiredis": "Redis", "CLibPQ": "Postgres", "CLibCurl": "HTTPDelivery"]
        let files = try Repository.files(under: "Sources", ending: ".swift") + Repository.files(under: "Tests", ending: ".swift")
        for (library, client) in clients {
            let importers = Set(files.filter { Self.imports(of: $0).contains(library) }.map(\.module))
            #expect(importers == [client], "\(library)")
        }
    }

    /// Also the indented ones, within `#if`.
    private static func imports(of file: Repository.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.code.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), words.count > place + 1 else { return nil }
            guard words[..<place].allSatisfy({ $0.hasPrefix("@") || Self.levels.contains($0) }) else { return nil }
            // `import struct Foundation.Date`
            let named = words.count > place + 2 ? words[place + 2] : words[place + 1]
            return named.split(separator: ".").first.map(String.init)
        }
    }

    private static let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
}
