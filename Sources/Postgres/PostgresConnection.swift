internal import Logging
internal import Primitives
internal import Synchronization

/// One session with the server. libpq blocks, so the actor runs on a thread of its own: a slow statement holds up its caller and nobody else.
///
/// A statement whose caller is cancelled runs on until it ends or its deadline does: what is written for many callers at once must not be
/// undone by one of them. The caller sees the cancellation when it asks `Task`.
/// Hold one only through `PostgresPool.withConnection`, and do not keep it beyond.
package actor PostgresConnection {
    enum Condition: Sendable {
        case ready
        case inTransaction
        case broken
    }
    private struct Standing {
        var condition = Condition.broken
        var descriptor: Int32 = -1
    }
    /// The server enforces the statement timeout; when even that answer is missing for so long, the connection counts as lost.
    private static let grace: Duration = .seconds(5)

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let executor: ThreadExecutor
    /// What the pool reads without waiting for the thread.
    private let standing = Mutex(Standing())
    private var link: Link?
    private var statements: StatementCache
    private var buffer = ParameterBuffer()
    /// The first error inside the open transaction: the ones after it only say that the transaction is aborted.
    private var transactionFailure: PostgresError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration, logger: Logger, statementLimit: Int) throws(PostgresError) {
        do throws(ThreadUnavailable) {
            executor = try ThreadExecutor()
        } catch {
            throw PostgresError(.unavailable, operation: "connect", message: "no thread for the connection (errno \(error.errno))")
        }
        self.configuration = configuration
        self.logger = logger
        statements = StatementCache(limit: statementLimit)
    }

    isolated deinit { executor.shutDown() }

    /// - Parameter limit: shortens the configuration's `connectTimeout`.
    static func open(
        _ configuration: PostgresConfiguration, within limit: Duration = .seconds(3600), statementLimit: Int = 256, logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(configuration, logger: logger, statementLimit: statementLimit)
        try await connection.connect(until: .now + min(limit, configuration.connectTimeout))
        return connection
    }

    private func connect(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        do throws(PostgresError) {
            let link = try Link.connect(configuration, until: deadline, logger: logger)
            self.link = link
            if configuration.usesPreparedStatements {
                _ = try link.run(script: "SET statement_timeout = \(timeoutMilliseconds)", operation: "connect", until: deadline)
            }
            publish()
        } catch {
            close()
            throw error
        }
    }

    // MARK: Statements

    /// Runs one statement. It is prepared once a connection, and once more for parameters of other types; the answer is in binary format.
    @discardableResult
    package func query(_ sql: String, _ parameters: [PostgresValue] = []) throws(PostgresError) -> PostgresRows {
        guard parameters.count <= Int(UInt16.max) else {
            throw PostgresError(.invalidData, operation: PostgresError.summary(of: sql), message: "more than \(UInt16.max) parameters")
        }
        do throws(ParameterBuffer.Refusal) {
            try buffer.encode(parameters)
        } catch {
            throw PostgresError(.invalidData, operation: PostgresError.summary(of: sql), message: error.message)
        }
        let result = try perform(sql) { link, deadline throws(PostgresError) in
            configuration.usesPreparedStatements
                ? try runPrepared(sql, on: link, until: deadline) : try link.run(unnamed: Self.checked(sql), buffer, until: deadline)
        }
        return PostgresRows(result: result)
    }

    /// Runs several statements without parameters by the simple protocol, as one transaction unless the script says otherwise.
    /// - Parameter limit: when the whole script takes longer, the connection is given up; the statement timeout and a little by default.
    package func execute(script: String, within limit: Duration? = nil) throws(PostgresError) {
        _ = try perform(script, within: limit) { link, deadline throws(PostgresError) in
            try link.run(script: Self.checked(script), operation: "script", until: deadline)
        }
    }

    private func runPrepared(_ sql: String, on link: Link, until deadline: ContinuousClock.Instant) throws(PostgresError) -> ResultHandle {
        switch statements.choose(sql, types: buffer.types) {
        case .prepare(let name, let types):
            return try prepareAndRun(sql, name: name, types: types, on: link, until: deadline)
        case .reuse(let name):
            do throws(PostgresError) {
                return try link.run(prepared: name, buffer, sql: sql, until: deadline)
            } catch  where error.sqlState == "26000" || error.sqlState == "0A000" {
                // Somebody discarded the session's statements, or a migration changed what the statement returns. Nothing was done.
                statements.forget(sql, isGone: error.sqlState == "26000")
                guard !link.isInTransaction, case .prepare(let name, let types) = statements.choose(sql, types: buffer.types) else { throw error }
                return try prepareAndRun(sql, name: name, types: types, on: link, until: deadline)
            }
        }
    }

    private func prepareAndRun(
        _ sql: String, name: String, types: [UInt32], on link: Link, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        try deallocate(on: link, until: deadline)
        try link.prepare(Self.checked(sql), name: name, types: types, until: deadline)
        statements.prepared(sql, name: name, types: types)
        return try link.run(prepared: name, buffer, sql: sql, until: deadline)
    }

    /// Outside transactions only, since a failure here would abort one.
    private func deallocate(on link: Link, until deadline: ContinuousClock.Instant) throws(PostgresError) {
        guard !link.isInTransaction, !statements.abandoned.isEmpty else { return }
        let script = statements.takeAbandoned().map { "DEALLOCATE \($0)" }.joined(separator: ";")
        do throws(PostgresError) {
            _ = try link.run(script: script, operation: "deallocate", until: deadline)
        } catch  where link.isOpen {
            logger.debug("postgres statements were gone already", metadata: ["error": "\(error)"])
        }
    }

    /// C would end the statement at a NUL and run the first half.
    private static func checked(_ sql: String) throws(PostgresError) -> String {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.invalidData, operation: PostgresError.summary(of: sql), message: "a NUL in the statement")
        }
        return sql
    }

    /// Every exchange passes here: it has a deadline, and its failure is judged by what was under way.
    private func perform(
        _ sql: String, within limit: Duration? = nil, _ work: (Link, ContinuousClock.Instant) throws(PostgresError) -> ResultHandle
    ) throws(PostgresError) -> ResultHandle {
        guard let link, link.isOpen else {
            close()
            throw PostgresError(.unavailable, operation: PostgresError.summary(of: sql), message: "the connection is closed")
        }
        let wasInTransaction = link.isInTransaction
        do throws(PostgresError) {
            let result = try work(link, .now + (limit ?? configuration.statementTimeout + Self.grace))
            publish()
            return result
        } catch {
            var error = error
            if !link.isOpen {
                error.outcomeUnknown = !wasInTransaction || Self.endsTransaction(sql)
                close()
            } else if wasInTransaction, transactionFailure == nil {
                transactionFailure = error
            }
            publish()
            throw error
        }
    }

    /// Conservative: a script may commit anywhere.
    private static func endsTransaction(_ sql: String) -> Bool {
        let word = sql.drop(while: \.isWhitespace).prefix(while: \.isLetter).uppercased()
        return ["COMMIT", "END", "PREPARE"].contains(word) || sql.contains(";")
    }

    private var timeoutMilliseconds: Int64 { min(max(configuration.statementTimeout.milliseconds, 1), Int64(Int32.max)) }
}

// MARK: Transactions

extension PostgresConnection {
    func begin(_ isolation: PostgresPool.Isolation, readOnly: Bool) throws(PostgresError) {
        transactionFailure = nil
        var script = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
        // Behind a pooler the session is not ours, so that its settings cannot be.
        if !configuration.usesPreparedStatements { script += "; SET LOCAL statement_timeout = \(timeoutMilliseconds)" }
        try execute(script: script)
    }

    /// The server answers COMMIT in an aborted transaction with a quiet ROLLBACK; here that is the error it is.
    func commit() throws(PostgresError) {
        if let link, link.isAborted {
            throw transactionFailure ?? PostgresError(.other, operation: "commit", message: "the transaction was aborted by an error before")
        }
        _ = try perform("COMMIT") { link, deadline throws(PostgresError) in
            try link.run(script: "COMMIT", operation: "commit", until: deadline)
        }
    }

    /// Ends the transaction if one is open; the connection is closed when not even that works.
    /// - Returns: the first error inside the transaction.
    @discardableResult
    func rollBack() -> PostgresError? {
        defer { transactionFailure = nil }
        guard let link, link.isOpen, link.isInTransaction else { return transactionFailure }
        let failure = transactionFailure
        do throws(PostgresError) {
            try execute(script: "ROLLBACK")
        } catch {
            logger.debug("postgres connection closed, since it could not roll back", metadata: ["error": "\(error)"])
            close()
        }
        return failure
    }
}

// MARK: For the pool

extension PostgresConnection {
    nonisolated var condition: Condition { standing.withLock(\.condition) }

    /// Whether it may be lent. Costs no hop unless the server has said something since: mostly that it is going away.
    nonisolated func isUsable() async -> Bool {
        let hasNews = standing.withLock { standing in
            // Under the lock, so that the descriptor cannot be closed and given to someone else meanwhile.
            standing.descriptor >= 0 && Link.hasInput(standing.descriptor)
        }
        return hasNews ? await takeNews() : condition == .ready
    }

    private func takeNews() -> Bool {
        guard let link, link.readNews() else {
            close()
            return false
        }
        return condition == .ready
    }

    /// Asks the server for a sign of life.
    func isAlive(within limit: Duration) -> Bool {
        do throws(PostgresError) {
            try execute(script: "", within: limit)
            return condition == .ready
        } catch {
            close()
            return false
        }
    }

    /// Says goodbye and ends the thread. Later calls answer `.unavailable`.
    func close() {
        standing.withLock { $0 = Standing() }
        link = nil
        executor.shutDown()
    }

    private func publish() {
        guard let link, link.isOpen else { return }
        let condition: Condition = link.isInTransaction ? .inTransaction : .ready
        let descriptor = link.descriptor
        standing.withLock { $0 = Standing(condition: condition, descriptor: descriptor) }
    }
}
