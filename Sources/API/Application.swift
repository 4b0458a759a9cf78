package import Hummingbird
import HummingbirdCore
import Identity
import Logging
import NIOCore

/// The HTTP server of the API, the same for the program and for the tests.
///
/// - Parameters:
///   - port: 0 for any free one.
///   - onListening: called with the port once requests are taken.
package func buildApplication(
    services: APIServices, settings: ServerSettings = ServerSettings(), host: String = "127.0.0.1", port: Int,
    onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let listener = try Listener(settings, logger: services.logger)
    var routes = [
        HealthRoutes(services: services).all,
        WebhookRoutes(services: services).all,
        DeliveryRoutes(services: services).all,
        WebhookStatusRoutes(services: services).all,
        ReplayRoutes(services: services).all,
        ErasureRoutes(services: services).all,
        WebhookSecretRoutes(services: services).all,
        WebhookTestRoutes(services: services).all,
        EventRoutes(services: services).all,
        UserRoutes(services: services).all,
        CourseRoutes(services: services).all,
        CourseActivityRoutes(services: services).all,
        EventTypeRoutes(services: services).all,
        JobRoutes(services: services).all,
        ScheduleRoutes(services: services).all,
        JobActionRoutes(services: services).all,
        DeadLetterRoutes(services: services).all,
        OperatorActionRoutes(services: services).all,
        LogRoutes(services: services).all,
        LogPolicyRoutes(services: services).all,
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
        KeyRoutes(services: services).all,
        LimitRoutes(services: services).all,
    ].flatMap(\.self)
    routes += DocumentRoutes(describing: routes.filter { !$0.isAlias }, services: services).all
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
        middleware: RequestFrame(
            proxies: services.proxies, log: RequestLog(log: services.log), bodies: BodyLog(policies: services.logPolicies),
            security: SecurityHeaders(isSecure: settings.certificate != nil), cors: CORS(origins: settings.origins),
            problems: Problems(routes: RouteIndex(routes), issuer: services.oauth.issuer)))
    let gate = Gate(
        authentication: Authentication(authenticator: services.authenticator, proofs: ProofGuard(services)), limiter: services.limiter,
        limits: services.workspaceLimits)
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
        router: router, server: listener.builder,
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port), backlog: 1024,
            availableConnectionsDelegate: MaximumAvailableConnections(settings.mostConnections)),
        services: listener.reloader.map { [$0] } ?? [],
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? port
            services.oauth.issuer.listens(host: host, port: port, scheme: settings.certificate == nil ? "http" : "https")
            await onListening(port)
        },
        logger: services.logger)
}
