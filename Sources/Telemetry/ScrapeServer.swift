import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// Serves `/metrics` and `/healthz` on an address of its own, to whoever reaches it: the address is what protects it.
package struct ScrapeServer: Service {
    private let application: Application<RouterResponder<BasicRequestContext>>

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onListening: called with the port.
    package init(registry: PrometheusRegistry, host: String, port: Int, logger: Logger, onListening: @escaping @Sendable (Int) async -> Void) {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("/metrics") { request, _ in
            let format = ExpositionFormat(accept: request.headers[.accept])
            return Self.answer(registry.exposition(format), contentType: format.contentType)
        }
        router.get("/healthz") { _, _ in Self.answer("ok\n", contentType: "text/plain; charset=utf-8") }
        application = Application(
            responder: router.buildResponder(), server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }

    package func run() async throws { try await application.run() }

    private static func answer(_ text: String, contentType: String) -> Response {
        Response(status: .ok, headers: [.contentType: contentType], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
