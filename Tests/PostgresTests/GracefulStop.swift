import ServiceLifecycle

/// Runs the service as a group would, and begins its graceful shutdown when the stream ends.
func gracefully(stopWhen stopping: AsyncStream<Void>, _ run: @Sendable @escaping () async throws -> Void) async throws {
    struct Body: Service {
        let body: @Sendable () async throws -> Void
        func run() async throws { try await body() }
    }
    let service = ServiceGroup(
        configuration: .init(
            services: [.init(service: Body(body: run), successTerminationBehavior: .gracefullyShutdownGroup)], logger: quietLogger()))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        for await _ in stopping {}
        await service.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}
