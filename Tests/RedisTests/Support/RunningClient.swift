internal import Logging
internal import NIOCore
internal import NIOPosix
internal import TestSupport

@testable internal import Redis

/// Lends a client that runs and is connected, and ends it afterwards.
func withClient(
    _ url: String, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isConnected: Bool = true,
    configure: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisClient) async throws -> Void
) async throws {
    var configuration = try RedisConfiguration(url: url)
    configure(&configuration)
    let client = RedisClient(configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
    let failure: (any Error)? = await withTaskGroup { group in
        group.addTask { try? await client.run() }
        var failure: (any Error)?
        do {
            if isConnected { try await eventually("connected") { client.isConnected } }
            try await body(client)
        } catch {
            failure = error
        }
        group.cancelAll()
        return failure
    }
    if let failure { throw failure }
}

extension RedisClient {
    /// Returns when the event loops have written all that has been handed in so far.
    func everythingWritten() async throws {
        for eventLoop in eventLoopGroup.makeIterator() { try await eventLoop.submit {}.get() }
    }
}

/// The error of a call that has to fail.
func failure(_ call: () async throws -> some Sendable) async -> RedisError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? RedisError
    }
}
