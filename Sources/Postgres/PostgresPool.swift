internal import CoreMetrics
package import Logging
internal import Primitives
internal import ServiceLifecycle
internal import Synchronization

/// The server's connections, lent one caller at a time, first come, first served.
///
/// A session keeps what its users leave in it (`SET`, session locks, `LISTEN`); leave nothing. A transaction left open is rolled back.
/// While the server is away callers are refused within moments, and the first caller after its return finds it again.
/// The pool works before and without `run()`, which only adds upkeep and the orderly end.
package final class PostgresPool: Service, Sendable {
    typealias Machine = PoolMachine<PostgresConnection, CheckedContinuation<PoolGrant<PostgresConnection>, Never>>

    package enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    let configuration: PostgresConfiguration
    let logger: Logger
    let machine: Mutex<Machine>
    private let waits = CoreMetrics.Timer(label: "voicera_postgres_pool_wait_seconds")
    /// Resumed when the last connection is closed after `close`.
    let drained = Mutex<CheckedContinuation<Void, Never>?>(nil)

    package init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        machine = Mutex(Machine(limit: configuration.maxConnections))
    }

    /// Lends a connection for the time of `body`. Waits at most `acquireTimeout` for its turn, and no longer when the task is cancelled.
    package func withConnection<R: Sendable>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
        let connection = try await acquire()
        do {
            let value = try await body(connection)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Runs one statement on some connection, outside any transaction.
    @discardableResult
    package func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws(PostgresError) -> PostgresRows {
        let connection = try await acquire()
        do throws(PostgresError) {
            let rows = try await connection.query(sql, parameters)
            await release(connection)
            return rows
        } catch {
            await release(connection)
            throw error
        }
    }

    // MARK: Lending

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        let begun = ContinuousClock.now
        let deadline = begun + configuration.acquireTimeout
        defer { waits.recordNanoseconds((ContinuousClock.now - begun).nanoseconds) }
        var (ticket, grant) = machine.withLock { $0.arrive(now: .now) }
        while true {
            let next: Machine.Grant = if let grant { grant } else { await wait(ticket, until: deadline) }
            grant = nil
            switch next {
            case .refuse(let error):
                throw error
            case .lend(let connection):
                if await connection.isUsable() { return connection }
                await connection.close()
                machine.withLock { $0.reopen() }
                grant = .open
            case .open:
                if let connection = try await open(until: deadline) { return connection }
            }
        }
    }

    /// Nil when the caller shall wait for one of the connections at work instead.
    private func open(until deadline: ContinuousClock.Instant) async throws(PostgresError) -> PostgresConnection? {
        do throws(PostgresError) {
            let left = max(deadline - .now, .milliseconds(1))
            let connection = try await PostgresConnection.open(configuration, within: left, logger: logger)
            if machine.withLock({ $0.opened() }) { logger.notice("postgres is reachable again", metadata: ["server": "\(configuration.address)"]) }
            return connection
        } catch {
            let (wait, isNews, answers) = machine.withLock { $0.openFailed(error, now: .now) }
            answer(answers)
            if isNews { logger.warning("postgres cannot be reached", metadata: ["error": "\(error)"]) }
            finishIfDrained()
            guard wait else { throw error }
            return nil
        }
    }

    /// In line until it is this caller's turn, its time is up, or its task is cancelled.
    private func wait(_ ticket: UInt64, until deadline: ContinuousClock.Instant) async -> Machine.Grant {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Thrown when the turn comes first and the group is cancelled below.
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                self.leave(ticket, because: PostgresError(.unavailable, operation: "acquire", message: "no connection became free in time"))
            }
            defer { group.cancelAll() }
            return await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    answer(machine.withLock { $0.wait(ticket, continuation, now: .now) })
                    // The handler below may have run before there was anybody to take out of the line.
                    if Task.isCancelled { leaveCancelled(ticket) }
                }
            } onCancel: {
                leaveCancelled(ticket)
            }
        }
    }

    private func leaveCancelled(_ ticket: UInt64) {
        leave(ticket, because: PostgresError(.cancelled, operation: "acquire", message: "cancelled while waiting for a connection"))
    }

    private func leave(_ ticket: UInt64, because error: PostgresError) {
        machine.withLock { $0.leave(ticket) }?.resume(returning: .refuse(error))
    }

    func release(_ connection: PostgresConnection) async {
        if connection.condition == .inTransaction { await connection.rollBack() }
        guard connection.condition == .ready else { return await discard(connection) }
        let (close, answers) = machine.withLock { $0.giveBack(connection, now: .now) }
        answer(answers)
        if let close { await discard(close) }
    }

    /// Closes first and tells then, so that the server never sees more connections than the limit.
    func discard(_ connection: PostgresConnection) async {
        await connection.close()
        answer(machine.withLock { $0.closed(now: .now) })
        finishIfDrained()
    }

    func answer(_ answers: [Machine.Answer]) {
        for answer in answers { answer.reply.resume(returning: answer.grant) }
    }

    func finishIfDrained() {
        guard machine.withLock(\.isDrained) else { return }
        drained.withLock { $0.take() }?.resume()
    }
}
