import HTTPTypes
import Hummingbird
import Logging
import Primitives

/// Finds out which trace a request belongs to, or begins one. Every line about the request has its id, and the jobs that it asks for go on with it.
struct TraceMiddleware: RouterMiddleware {
    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        var context = context
        context.trace = Self.accept(request.headers)
        context.logger[metadataKey: "traceId"] = .string(context.trace.traceID)
        return try await next(request, context)
    }

    /// Headers that came twice are joined by commas: of a `tracestate` that is its form, of a `traceparent` it is malformed.
    static func accept(_ headers: HTTPFields) -> TraceContext {
        if let given = TraceContext(traceparent: headers[.traceparent], tracestate: headers[.tracestate]) { return given }
        var generator = SystemRandomNumberGenerator()
        return TraceContext.root(using: &generator)
    }
}
