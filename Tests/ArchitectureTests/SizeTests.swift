import Testing

/// A long file is two duties in one.
@Suite struct Sizes {
    private static let most = 300
    private static let mostUsual = 110

    @Test func `no file is longer than 300 lines`() throws {
        let files = try Repository.files(under: "Sources", ending: ".swift") + Repository.files(under: "Tests", ending: ".swift")
        #expect(files.filter { Self.length($0) > Self.most }.map { "\($0.path): \(Self.length($0))" } == [])
    }

    @Test func `the median file of Sources is at most 110 lines`() throws {
        let lengths = try Repository.files(under: "Sources", ending: ".swift").map(Self.length).sorted()
        #expect(lengths[lengths.count / 2] <= Self.mostUsual)
    }

    private static func length(_ file: Repository.File) -> Int { file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0) }
}
