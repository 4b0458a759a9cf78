internal import Synchronization

extension PostgresPool {
    /// Where the pool's connections are, and who waits for one.
    package struct Census: Sendable, Equatable {
        package var idle: Int
        package var lent: Int
        package var opening: Int
        package var waiting: Int
    }

    package var census: Census {
        machine.withLock { Census(idle: $0.idleCount, lent: $0.lent, opening: $0.opening, waiting: $0.waiterCount) }
    }
}
