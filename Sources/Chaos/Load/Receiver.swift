import Foundation
import Hummingbird
import Logging
import NIOCore
import Primitives
import Synchronization

/// One request that the receiver took.
package struct Arrival: Sendable {
    package var at: Duration
    /// The worker that sent it, with the number of its life; nil when that could not be seen.
    package var worker: String?
    package var status: Int

    package init(at: Duration, worker: String?, status: Int) {
        self.at = at
        self.worker = worker
        self.status = status
    }
}

/// The customers' side: in this process, so that no fault reaches it. It remembers every request by its `webhook-id`. Some deliveries it refuses the
/// first time they come, and some it is slow with; which ones, the seed says.
final class Receiver: Sendable {
    private struct State {
        var arrivals: [String: [Arrival]] = [:]
        var owners: [ObjectIdentifier: (port: Int, worker: String?)] = [:]
        var port: Int?
    }

    private struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let connection: ObjectIdentifier
        let port: Int

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            connection = ObjectIdentifier(source.channel)
            port = source.channel.remoteAddress?.port ?? 0
        }
    }

    private static let refusedInAHundred: UInt64 = 3
    private static let slowInAHundred: UInt64 = 5

    private let seed: UInt64
    let clock: RunClock
    private let workers: @Sendable () -> [(pid: Int32, name: String)]
    private let state = Mutex(State())

    init(seed: UInt64, clock: RunClock, workers: @escaping @Sendable () -> [(pid: Int32, name: String)]) {
        self.seed = seed
        self.clock = clock
        self.workers = workers
    }

    /// Until it is cancelled.
    func run() async throws {
        var logger = Logger(label: "receiver")
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder { (request: Request, context: Context) in
                for try await _ in request.body {}
                return try await self.answer(request, context)
            },
            configuration: .init(address: .hostname("127.0.0.1", port: 0), backlog: 2048),
            onServerRunning: { channel in self.state.withLock { $0.port = channel.localAddress?.port } },
            logger: logger)
        try await application.run()
    }

    /// A path of its own makes an endpoint of its own.
    func url(_ endpoint: Int) async throws -> String {
        while true {
            if let port = state.withLock(\.port) { return "http://127.0.0.1:\(port)/\(endpoint)" }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    var arrivals: [String: [Arrival]] { state.withLock(\.arrivals) }

    private func answer(_ request: Request, _ context: Context) async throws -> Response {
        guard let id = request.headers.first(where: { $0.name.canonicalName == "webhook-id" })?.value else { return Response(status: .badRequest) }
        let worker = owner(of: context)
        var chance = SplitMix64(seed: id.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
        let lot = chance.next() % 100
        let status = state.withLock { state in
            let isFirst = state.arrivals[id] == nil
            let status = isFirst && lot < Self.refusedInAHundred ? 500 : 200
            state.arrivals[id, default: []].append(Arrival(at: clock.now, worker: worker, status: status))
            return status
        }
        let wait = (100 - Self.slowInAHundred..<100).contains(lot) ? chance.next() % 2500 : chance.next() % 40
        try await Task.sleep(for: .milliseconds(Int64(wait)))
        return Response(status: status == 200 ? .ok : .internalServerError)
    }

    private func owner(of context: Context) -> String? {
        let known = state.withLock { $0.owners[context.connection] }
        if let known, known.port == context.port, known.worker != nil { return known.worker }
        let worker = PeerOwner.name(of: context.port, among: workers())
        state.withLock { $0.owners[context.connection] = (context.port, worker) }
        return worker
    }
}
