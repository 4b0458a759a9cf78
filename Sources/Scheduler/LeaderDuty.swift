import Ledger

/// Something that the leading scheduler does again and again, beside its beats.
struct LeaderDuty: Sendable {
    /// As the log says that it failed: "NAME failed".
    let name: String
    /// Pause between two runs.
    let every: Duration
    let run: @Sendable (LeaderTerm) async throws -> Void

    init(_ name: String, every: Duration, run: @escaping @Sendable (LeaderTerm) async throws -> Void) {
        self.name = name
        self.every = every
        self.run = run
    }
}
