import Crypto
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import Queue

/// The API's own description.
struct DocumentRoutes: Sendable {
    /// Made once: it is the same for everybody until the process ends.
    private let text: ByteBuffer
    private let etag: String

    /// - Parameter others: all the other routes, which the document describes beside its own.
    init(describing others: [Route], services: APIServices) {
        let document = Document(
            routes: others + [Self.route { _, _ in Response(status: .ok) }], version: services.version, server: nil,
            names: Document.Names(queues: services.queues.queues, kinds: services.registry.publicKinds))
        let json = document.json.text
        text = ByteBuffer(string: json)
        etag = "\"" + SHA256.hash(data: Array(json.utf8)).prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\""
    }

    var all: [Route] { [Self.route(show)] }

    private static func route(_ handler: @escaping @Sendable (Request, APIContext) async throws -> Response) -> Route {
        Route(openly: .get, "/api/openapi.json", ServiceOperations.document, handler: handler)
    }

    @Sendable private func show(_ request: Request, _: APIContext) async throws -> Response {
        // A compressed answer had the tag in its weak form.
        if let known = request.headers[.ifNoneMatch], known == etag || known == "W/\(etag)" { return Response(status: .notModified, headers: [.eTag: etag]) }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "public, max-age=300", .eTag: etag],
            body: ResponseBody(byteBuffer: text))
    }
}
