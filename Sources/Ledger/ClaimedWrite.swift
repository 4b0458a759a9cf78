package import Postgres

/// A write that is done once for its claim: what it is answered with is stored in the same transaction, and given again to who repeats it.
package struct ClaimedWrite: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - claim: nil for a write that nobody asked to be remembered.
    ///   - answer: what is stored of the result, so that the same answer can be given again. Secrets in it are sealed by the caller.
    ///   - write: an error of it takes the claim back with everything else.
    package func run<Result: Sendable>(
        _ claim: IdempotencyClaim?, answer: @Sendable (Result) throws -> String, write: @Sendable (PostgresConnection) async throws -> Result
    ) async throws -> Claimed<Result> {
        try await pool.withTransaction { connection in
            guard let claim else { return .done(try await write(connection)) }
            switch try await ClaimTable.take([claim], on: connection).first ?? .inProgress {
            case .granted: break
            case .replayed(let answer): return .replayed(answer: answer)
            case .mismatch: return .mismatch
            case .inProgress: return .inProgress
            }
            let result = try await write(connection)
            try await ClaimTable.store([(claim, try answer(result))], on: connection)
            return .done(result)
        }
    }
}
