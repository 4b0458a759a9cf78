import HTTPTypes
import Hummingbird
import Logging
import Primitives

/// Gives each request an id, the client's own when it sent a plain one, and answers with it.
struct RequestIDMiddleware: RouterMiddleware {
    private static let longest = 128

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        var context = context
        context.requestID = Self.accept(request.headers[.requestID])
        context.logger[metadataKey: "requestId"] = .string(context.requestID)
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    private static func accept(_ header: String?) -> String {
        if let header, (1...longest).contains(header.utf8.count), header.utf8.allSatisfy(isPlain) { return header }
        return "req_\(IdentifierSource.system.next())"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_.-".utf8.contains(byte)
        }
    }
}
