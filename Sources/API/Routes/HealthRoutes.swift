import HTTPTypes
import Hummingbird
import Postgres
import Redis

/// Whether this process lives, and whether it can do its work. Open to everyone, as load balancers need it.
struct HealthRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            Route(openly: .get, "/api/health", ServiceOperations.health) { _, _ in Response(.ok, ["status": "ok", "version": .string(services.version)]) },
            Route(openly: .get, "/api/health/ready", ServiceOperations.ready) { _, _ in await ready() },
        ]
    }

    /// Without Redis jobs are still accepted, so that its absence is told and does not take the process out of service.
    private func ready() async -> Response {
        async let redis = isRedisUp()
        let isPostgresUp = (try? await services.pool.query("SELECT 1")) != nil
        let isRedisUp = await redis
        let isDraining = services.drain.isDraining
        let status = isPostgresUp ? (isDraining ? "draining" : isRedisUp ? "ready" : "degraded") : "unavailable"
        var response = Response(
            isPostgresUp && !isDraining ? .ok : .serviceUnavailable,
            [
                "status": .string(status), "version": .string(services.version), "postgres": isPostgresUp ? "up" : "down",
                "redis": isRedisUp ? "up" : "down",
            ])
        if !isPostgresUp || isDraining { response.headers[.retryAfter] = "1" }
        return response
    }

    private func isRedisUp() async -> Bool { (try? await services.redis.send(["PING"], deadline: .seconds(1))) != nil }
}
