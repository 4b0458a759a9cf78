package import Hummingbird
import Identity
import Logging
import NIOCore

/// The HTTP server of the API, the same for the program and for the tests.
///
/// - Parameters:
///   - port: 0 for any free one.
///   - onListening: called with the port once requests are taken.
package func buildApplication(
    services: APIServices, host: String = "127.0.0.1", port: Int, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let routes = [
        HealthRoutes(services: services).all,
        WebhookRoutes(services: services).all,
        EventRoutes(services: services).all,
        JobRoutes(services: services).all,
        ScheduleRoutes(services: services).all,
        JobActionRoutes(services: services).all,
        DeadLetterRoutes(services: services).all,
        OperatorActionRoutes(services: services).all,
        LogRoutes(services: services).all,
        QueueRoutes(services: services).all,
        LaneRoutes(services: services).all,
        MetricsRoutes(services: services).all,
        KeyRoutes(services: services).all,
        LimitRoutes(services: services).all,
    ].flatMap(\.self)
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: TraceMiddleware())
    router.add(middleware: HTTPMetricsMiddleware())
    router.add(middleware: ClientAddressMiddleware(proxies: services.proxies))
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: RateLimitMiddleware())
    router.add(middleware: ProblemMiddleware(routes: RouteIndex(routes)))
    let gate = Gate(
        authentication: Authentication(authenticator: services.authenticator), limiter: services.limiter, limits: services.workspaceLimits)
    for route in routes {
        let routeClass = RouteClass(of: route)
        router.on(RouterPath(route.path), method: route.method) { request, context in
            switch route.handler {
            case .open(let handle):
                try await gate.admit(context, as: routeClass)
                return try await handle(request, context)
            case .guarded(let scopes, let handle):
                let known = try await gate.admit(request, context, scopes: scopes, as: routeClass)
                return try await handle(Call(request: request, context: context, credential: known.credential, networks: known.networks))
            }
        }
    }
    return Application(
        router: router,
        // A client that stops in the middle of a request is let go after this time.
        server: .http1(configuration: .init(idleTimeout: .seconds(60))),
        configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
        onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
        logger: services.logger)
}
