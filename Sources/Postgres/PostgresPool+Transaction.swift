extension PostgresPool {
    private enum Ending<R: Sendable>: Sendable {
        case committed(R)
        case again
    }
    private static var maximumRetries: Int { 3 }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// When the server gave the transaction up for another one's sake (40001, 40P01), `body` runs again, at most three times more, whatever error
    /// it made of that; so it must have no effects elsewhere. Nothing else is repeated, a lost connection least of all.
    /// An error that `body` swallowed has aborted the transaction all the same, and is thrown at its end.
    package func withTransaction<R: Sendable>(
        isolation: Isolation = .readCommitted, readOnly: Bool = false, _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        var retries = 0
        while true {
            let mayRetry = retries < Self.maximumRetries
            let ending: Ending<R> = try await withConnection { connection in
                try await connection.begin(isolation, readOnly: readOnly)
                do {
                    let value = try await body(connection)
                    try await connection.commit()
                    return .committed(value)
                } catch {
                    let first = await connection.rollBack()
                    guard mayRetry, first?.code == .serialization else { throw error }
                    return .again
                }
            }
            if case .committed(let value) = ending { return value }
            retries += 1
            // Rivals that start again at the same moment would only meet again.
            try await Task.sleep(for: .microseconds(Int64.random(in: 0...(2000 << retries))))
        }
    }
}
