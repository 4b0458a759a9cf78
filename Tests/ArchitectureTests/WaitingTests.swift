import Testing

/// A test that sleeps is slow when it passes and wrong when the machine is busy: tests wait for a signal, or ask with `eventually`.
@Suite struct Waiting {
    /// Sleeps that are no waiting for a result: how many, and what for.
    private static let allowed: [String: (count: Int, reason: String)] = [
        "Tests/TestSupport/Eventually.swift": (1, "the pause between two questions"),
        "Tests/PostgresTests/PoolTests.swift": (1, "its punctuality is what is measured"),
        "Tests/PostgresTests/StatementTests.swift": (1, "lets a statement begin; nothing depends on whether it has"),
        "Tests/QueueTests/LeaseLaws.swift": (1, "the index must be silent for half a lease"),
        "Tests/QueueTests/RunnerLaws.swift": (4, "three jobs that take their time, and an outage of some length"),
    ]

    @Test func `tests do not sleep`() throws {
        var found: [String: Int] = [:]
        let sleep = /\b(?:u|nano)?sleep\(/.wordBoundaryKind(.simple)
        for file in try Repository.files(under: "Tests", ending: ".swift") {
            let count = file.lines.count { $0.code.contains(sleep) }
            if count > 0 { found[file.path] = count }
        }
        #expect(found == Self.allowed.mapValues(\.count), "a sleep that is allowed is listed with its reason; one that is gone is no more")
    }
}
