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
        OAuthTokenRoutes(services: services).all,
        OAuthMetadataRoutes(services: services).all,
        OAuthClientRoutes(services: services).all,
        OAuthRegistrationRoutes(services: services).all,
        OAuthAuthorizeRoutes(services: services).all,
        OAuthSignInRoutes(services: services).all,
        OAuthPushRoutes(services: services).all,
        UserSignInRoutes(services: services).all,
    ].flatMap(\.self)
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: TraceMiddleware())
    router.add(middleware: HTTPMetricsMiddleware())
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: ProblemMiddleware(routes: RouteIndex(routes), issuer: services.oauth.issuer))
    let authentication = Authentication(authenticator: services.authenticator)
    for route in routes {
        router.on(RouterPath(route.path), method: route.method) { request, context in
            switch route.handler {
            case .open(let handle): return try await handle(request, context)
            case .guarded(let scopes, let handle):
                let credential = try await authentication.authorize(request, scopes: scopes)
                context.caller.set(credential)
                return try await handle(Call(request: request, context: context, credential: credential))
            }
        }
    }
    return Application(
        router: router,
        // A client that stops in the middle of a request is let go after this time.
        server: .http1(configuration: .init(idleTimeout: .seconds(60))),
        configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? port
            services.oauth.issuer.listens(host: host, port: port)
            await onListening(port)
        },
        logger: services.logger)
}
