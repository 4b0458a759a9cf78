import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// What surrounds every route. It is one layer with parts that take turns: a layer for each of them would cost a request an asynchronous frame and
/// copies of the request and its context a dozen times (decision 59).
struct RequestFrame: RouterMiddleware {
    let proxies: TrustedProxies
    let metrics = HTTPMetrics()
    let log: RequestLog
    let bodies: BodyLog
    let security: SecurityHeaders
    let cors: CORS
    let problems: Problems

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        let begun = ContinuousClock.now
        var context = context
        context.requestID = RequestID.accept(request.headers[.requestID])
        context.trace = RequestTrace.accept(request.headers)
        context.address = proxies.client(of: request.headers, peer: context.peer.flatMap { IPAddress($0) })

        var response: Response
        if let answer = cors.preflight(request) {
            response = answer
        } else {
            do {
                response = try await next(request, context)
            } catch {
                response = problems.answer(error, to: request, context)
            }
            if let caller = context.caller.known, let redaction = bodies.wants(request, response.status, caller) {
                await bodies.note(response, in: context.caller, redaction: redaction)
            }
            if AnswerCompression.isWorthwhile(request, response) { response = try await AnswerCompression.compress(response, of: request) }
        }
        addHeaders(to: &response, of: request, context)

        let took = ContinuousClock.now - begun
        AccessLog.note(request, context, status: response.status, took: took)
        log.note(request, context, status: response.status, took: took)
        metrics.note(method: request.method.rawValue, template: context.template, status: response.status.code, took: took)
        return response
    }

    private func addHeaders(to response: inout Response, of request: Request, _ context: APIContext) {
        if let verdict = context.caller.verdict {
            response.headers.append(HTTPField(name: .rateLimitPolicy, value: verdict.policyHeader))
            if let header = verdict.header { response.headers.append(HTTPField(name: .rateLimit, value: header)) }
        }
        cors.add(to: &response, of: request)
        security.add(to: &response.headers)
        response.headers[.requestID] = context.requestID
    }
}
