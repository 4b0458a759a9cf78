import Testing

/// Lists that the compiler cannot check for completeness: a file that is not in its list is not there.
@Suite struct Listings {
    @Test func `every script has a version, a header and its entry`() throws {
        let entries = try Repository.file("Sources/Queue/Index/IndexScripts.swift").text
        let scripts = try Repository.files(under: "Sources/Queue/Scripts", ending: ".lua").filter { $0.name != "prelude.lua" }
        try #require(!scripts.isEmpty)
        for script in scripts {
            let name = String(script.name.dropLast(".lua".count))
            #expect(name.wholeMatch(of: /[a-z]+\.v[1-9][0-9]*/) != nil, "\(script.path): a name and a version, such as step.v1")
            let header = script.lines.prefix { $0.hasPrefix("--") }
            for part in ["-- KEYS  ", "-- ARGV  ", "-- Returns "] {
                #expect(header.contains { $0.hasPrefix(part) }, "\(script.path) does not say its \(part.dropFirst(3))")
            }
            let resource = "PackageResources.\(name.replacing(".", with: "_"))_lua"
            #expect(entries.contains("script(\"\(name)\", \(resource))"), "\(script.path) is not in IndexScripts")
        }
    }

    @Test func `every migration is applied, in order and without a gap`() throws {
        let entries = try Repository.file("Sources/Ledger/LedgerMigrations.swift").text.matches(of: /Migration\(name: "(\w+)"/).map { String($0.1) }
        let files = try Repository.files(under: "Sources/Ledger/Migrations", ending: ".sql").map { String($0.name.dropLast(".sql".count)) }
        #expect(entries == files)
        for (index, name) in files.enumerated() {
            let number = name.wholeMatch(of: /([0-9]{4})_[a-z0-9_]+/).flatMap { Int($0.1) }
            #expect(number == index + 1, "\(name)")
        }
    }

    @Test func `every kind is in the list of all jobs, under a name of its own`() throws {
        let list = try Repository.file("Sources/Jobs/AllJobs.swift").text.matches(of: /(\w+)\.self/).map { String($0.1) }
        let files = try Repository.files(under: "Sources/Jobs/Kinds", ending: ".swift")
        #expect(list.sorted() == files.map { String($0.name.dropLast(".swift".count)) })
        var names: Set<String> = []
        for file in files {
            let name = file.text.firstMatch(of: /static let kind = "([^"]*)"/).map { String($0.1) } ?? ""
            #expect(name.wholeMatch(of: /noop|[a-z]+\.[a-z]+/) != nil, "\(file.path): \(name) is no noun.verb")
            #expect(names.insert(name).inserted, "\(name) is two kinds' name")
        }
    }

    @Test func `every metric that is observed is described, and every one that is described is observed and in the README`() throws {
        let quoted = /"((?:voicera|process)_[a-z_]+)"/
        let isCatalogue = { (file: Repository.File) in file.name == "MetricCatalogue.swift" }
        let files = try Repository.files(under: "Sources", ending: ".swift")
        let described = Set(files.filter(isCatalogue).flatMap { $0.text.matches(of: quoted).map { String($0.1) } })
        let observed = Set(files.filter { !isCatalogue($0) }.flatMap { $0.text.matches(of: quoted).map { String($0.1) } })
        try #require(described.count > 30)
        // The registry's own count of what it dropped is described by its constant.
        #expect(observed.subtracting(described) == ["voicera_metrics_series_dropped_total"])
        #expect(described.subtracting(observed) == [])
        let readme = try Repository.file("README.md").text
        #expect(observed.filter { !readme.contains("`\($0)`") }.sorted() == [])
    }
}
