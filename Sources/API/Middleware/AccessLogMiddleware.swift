import Hummingbird
import Identity
import Logging
import Primitives

/// One line a request. No header, no query and no body is in it: they hold keys, cursors and customers' data.
struct AccessLogMiddleware: RouterMiddleware {
    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue), "path": .string(PathText.shown(request.uri.path)),
            "status": .stringConvertible(response.status.code), "microseconds": .stringConvertible((ContinuousClock.now - start).microseconds),
        ]
        if let caller = context.caller.known {
            metadata["workspace"] = .stringConvertible(caller.workspace)
            metadata["principal"] = .stringConvertible(caller.principal)
        }
        context.logger.log(level: response.status.code < 500 ? .info : .warning, "request", metadata: metadata)
        return response
    }
}
