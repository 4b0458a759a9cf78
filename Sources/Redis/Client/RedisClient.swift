package import Logging
package import NIOCore
internal import ServiceLifecycle

/// A few connections to one Redis, shared by every caller of a process.
///
/// Concurrent commands are pipelined by themselves: what callers hand in during one turn of an event loop is one write.
/// The connections are shared, so a command that changes a connection (`SELECT`, `SUBSCRIBE`, `MULTI` outside of a pipeline)
/// or blocks it (`BLPOP`) has no place here; `subscribe(to:)` has a connection of its own.
///
/// Nothing is queued for a server that is not there: without a connection a command fails within `connectionWait`.
package final class RedisClient: Service {
    let configuration: RedisConfiguration
    let pool: ConnectionPool
    let budget: InFlightBudget
    let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let subscriptions = AsyncStream<Subscription>.makeStream(bufferingPolicy: .bufferingOldest(1024))

    package init(_ configuration: RedisConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        pool = ConnectionPool(slots: configuration.connections)
        budget = InFlightBudget(maxCommands: configuration.maxInFlight, maxBytes: configuration.maxBytesInFlight)
    }

    /// Keeps the connections until graceful shutdown or cancellation. Then new commands fail with `.closed`, and those in flight
    /// get their replies, or their deadlines, first. Throws only when the TLS files cannot be used.
    package func run() async throws {
        defer {
            pool.close()
            subscriptions.continuation.finish()
        }
        let security = try await Connector.makeSecurity(configuration)
        let lifeline = Lifeline(connector: Connector(configuration: configuration, group: eventLoopGroup, security: security), logger: logger)
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await self.keepConnections(lifeline)
            } onCancel: {
                self.pool.close()
            }
        }
    }

    private func keepConnections(_ lifeline: Lifeline) async {
        await withDiscardingTaskGroup { group in
            for slot in 0..<max(1, configuration.connections) {
                group.addTask { await lifeline.keep { self.pool.set(slot, $0) } }
            }
            for await subscription in subscriptions.stream {
                group.addTask { await subscription.run(lifeline, deadline: self.configuration.commandDeadline) }
            }
        }
    }

    package var isConnected: Bool { pool.isConnected }
    /// Since the start, those of subscriptions left out.
    package var reconnections: Int { pool.reconnections }

    /// The `run_id` of the server process that we talk to: another one means that Redis was restarted or replaced.
    package func serverIdentity() async throws(RedisError) -> String {
        try await session(for: "INFO").serverIdentity
    }

    /// The messages of a channel, from `.reconnected` on, over all reconnections, until the client ends or the stream is dropped.
    ///
    /// At most `subscriptionBuffer` messages wait for a slow reader; then the oldest are dropped, and `.reconnected` says so.
    package func subscribe(to channel: String) -> AsyncStream<RedisMessage> {
        let (stream, continuation) = AsyncStream<RedisMessage>.makeStream(bufferingPolicy: .bufferingNewest(max(2, configuration.subscriptionBuffer)))
        guard case .enqueued = subscriptions.continuation.yield(Subscription(channel: channel, continuation: continuation)) else {
            continuation.finish()
            return stream
        }
        return stream
    }

    func session(for operation: String) async throws(RedisError) -> Session {
        try await pool.session(for: operation, within: TimeAmount(configuration.connectionWait), on: eventLoopGroup.any())
    }
}
