import Testing

/// Where the compiler's word is taken over, or a task begins that nobody waits for, a reader is told why and what ends it.
@Suite struct Escapes {
    private static let linesAbove = 3

    @Test func `every way around the compiler says why`() throws {
        let escapes = /\btry!|\bas!|\bfatalError\(|@unchecked Sendable|\bnonisolated\(unsafe\)|\bTask(?:\.detached)?\s*(?:\([^)]*\)\s*)?\{/
            .wordBoundaryKind(.simple)
        var silent: [String] = []
        for file in try Repository.files(under: "Sources", ending: ".swift") {
            let lines = file.lines
            for (number, line) in lines.enumerated() where line.code.contains(escapes) {
                if lines[max(0, number - Self.linesAbove)...number].contains(where: \.hasComment) { continue }
                silent.append("\(file.path):\(number + 1):\(line)")
            }
        }
        #expect(silent == [])
    }
}
