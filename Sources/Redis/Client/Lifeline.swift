internal import Logging

/// Keeps one connection: makes it, waits for its end, makes it again, until the task is cancelled.
struct Lifeline: Sendable {
    enum Phase: Sendable {
        case connecting
        case connected(Session)
        /// Between attempts; with what the last one failed with.
        case resting(after: RedisError?)
    }

    /// A connection that ends sooner counts as one more failure, so that a server that accepts and drops is not hammered.
    private static let provenAfter = Duration.seconds(1)

    let connector: Connector
    let logger: Logger

    /// Tells each phase as it begins. `isWanted`: asked before each attempt.
    func keep(
        onPush: (@Sendable (RedisValue) -> Void)? = nil, isWanted: @Sendable () -> Bool = { true },
        onPhase: @Sendable (Phase) async -> Void
    ) async {
        var backoff = ReconnectBackoff(connector.configuration.reconnectBackoff)
        var generator = SystemRandomNumberGenerator()
        var isOutageLogged = false
        while !Task.isCancelled, isWanted() {
            var failure: RedisError?
            await onPhase(.connecting)
            do throws(RedisError) {
                let session = try await connector.connect(onPush: onPush)
                logger.info("Redis connected", metadata: ["redis.run_id": "\(session.serverIdentity)"])
                isOutageLogged = false
                let start = ContinuousClock.now
                await onPhase(.connected(session))
                await session.link.closed()
                if Task.isCancelled || !isWanted() { break }
                logger.warning("Redis connection lost")
                if ContinuousClock.now - start >= Self.provenAfter { backoff.reset() }
            } catch {
                // Once an outage: the attempts that follow say nothing new.
                logger.log(level: isOutageLogged ? .debug : .warning, "Redis cannot be reached", metadata: ["error": "\(error)"])
                isOutageLogged = true
                failure = error
            }
            await onPhase(.resting(after: failure))
            // Ends early only by cancellation, which the loop's condition sees.
            try? await Task.sleep(for: backoff.next(using: &generator))
        }
        await onPhase(.resting(after: nil))
    }
}
