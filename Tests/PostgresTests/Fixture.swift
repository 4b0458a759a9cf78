import Logging
import Synchronization
import TestSupport

@testable import Postgres

/// A configuration for a database of the test's own, with bounds that suit a test.
func freshConfiguration(parameters: String = "") async throws -> PostgresConfiguration {
    try PostgresConfiguration(url: try await TestPostgres.freshDatabase() + parameters)
}

func quietLogger() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

/// A running pool on a database of its own, closed afterwards.
func withPool<R: Sendable>(
    _ adjust: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresPool) async throws -> R
) async throws -> R {
    var configuration = try await freshConfiguration()
    adjust(&configuration)
    return try await withPool(configuration, body)
}

func withPool<R: Sendable>(_ configuration: PostgresConfiguration, _ body: (PostgresPool) async throws -> R) async throws -> R {
    let pool = PostgresPool(configuration, logger: quietLogger())
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await pool.run() }
        defer { group.cancelAll() }
        return try await body(pool)
    }
}

/// The error of a call that must fail.
func failure(_ call: () async throws -> Void) async -> PostgresError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? PostgresError
    }
}

extension PostgresPool {
    var waiterCount: Int { machine.withLock(\.waiterCount) }
    var idleCount: Int { machine.withLock(\.idleCount) }
    var lentCount: Int { machine.withLock(\.lent) }
    var isClosing: Bool { machine.withLock(\.isClosing) }
    var isDrained: Bool { machine.withLock(\.isDrained) }
}

/// A value that several tasks of a test change.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    var current: Value { value.withLock(\.self) }
    func change(_ change: (inout Value) -> Void) { value.withLock { change(&$0) } }
}
