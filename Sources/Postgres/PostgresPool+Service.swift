internal import Logging
internal import ServiceLifecycle
internal import Synchronization

extension PostgresPool {
    /// Upkeep until the graceful shutdown; then new callers are refused, and it returns when the last connection is given back and closed.
    /// A cancelled task does not wait for what is still lent: that is closed when it comes back.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            // The sleep throws at shutdown, which is the only way out.
            while (try? await Task.sleep(for: self.configuration.healthCheckInterval)) != nil {
                await self.upkeep(now: .now)
            }
        }
        await close()
    }

    /// Closes what nobody needed for long, and asks the rest for a sign of life, so that a dead connection is found before a caller gets it.
    func upkeep(now: ContinuousClock.Instant) async {
        let (idleTimeout, interval) = (configuration.idleTimeout, configuration.healthCheckInterval)
        let (stale, unchecked) = machine.withLock { $0.takeForUpkeep(idleTimeout: idleTimeout, checkEvery: interval, now: now) }
        for connection in stale { await discard(connection) }
        for candidate in unchecked {
            guard let (connection, since) = machine.withLock({ $0.take { $0 === candidate } }) else { continue }
            if await connection.isAlive(within: configuration.connectTimeout) {
                let (close, answers) = machine.withLock { $0.putBack(connection, since: since, now: .now) }
                answer(answers)
                if let close { await discard(close) }
            } else {
                logger.debug("postgres connection found dead")
                await discard(connection)
            }
        }
    }

    private func close() async {
        for connection in machine.withLock({ $0.close() }) { await discard(connection) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                drained.withLock { $0 = continuation }
                finishIfDrained()
                if Task.isCancelled { stopWaiting() }
            }
        } onCancel: {
            stopWaiting()
        }
    }

    private func stopWaiting() { drained.withLock { $0.take() }?.resume() }
}
