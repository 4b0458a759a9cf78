import HTTPTypes
import Hummingbird
import Identity
import NIOCore

/// This process' metrics, for who runs the fleet and cannot reach its address for scrapes. They are of all workspaces together.
struct MetricsRoutes: Sendable {
    let services: APIServices

    var all: [Route] { [Route(.get, "/metrics", ServiceOperations.metrics, .fleet, handler: show)] }

    private func show(_ call: Call) async throws -> Response {
        guard let exposition = services.exposition else { throw Problem.unknownRoute }
        let (text, contentType) = exposition(call.request.headers[.accept])
        return Response(status: .ok, headers: [.contentType: contentType], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
