import ArgumentParser
import Hummingbird
import NIOCore

/// A route of the same framework that reads a request's body and answers, and does nothing else: what `Benchmarks/http` compares the API with.
struct BenchRouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-route", shouldDisplay: false)

    @Option(help: "Where to listen, HOST:PORT.")
    var listen: ListenAddress

    func run() async throws {
        let router = Router()
        router.post("/api/jobs") { request, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(
                status: .accepted, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"jobId":"job_01jd3q7m5x8w2r4t6v9y0abcde","status":"pending"}"#)))
        }
        try await Application(router: router, configuration: ApplicationConfiguration(address: .hostname(listen.host, port: listen.port))).runService()
    }
}
