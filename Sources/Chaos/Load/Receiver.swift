import NIOCore
import NIOHTTP1
import NIOPosix
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
    private static let refusedInAHundred: UInt64 = 3
    private static let slowInAHundred: UInt64 = 5

    let clock: RunClock
    private let seed: UInt64
    private let workers: @Sendable () -> [(pid: Int32, name: String)]
    private let taken = Mutex<[String: [Arrival]]>([:])
    private let listener = Mutex<(any Channel)?>(nil)

    init(seed: UInt64, clock: RunClock, workers: @escaping @Sendable () -> [(pid: Int32, name: String)]) {
        self.seed = seed
        self.clock = clock
        self.workers = workers
    }

    func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 2048)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(ReceiverConnection(receiver: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    func stop() async { try? await listener.withLock(\.self)?.close() }

    /// A path of its own makes an endpoint of its own.
    func url(_ endpoint: Int) -> String { "http://127.0.0.1:\(listener.withLock(\.self)?.localAddress?.port ?? 0)/\(endpoint)" }

    var arrivals: [String: [Arrival]] { taken.withLock(\.self) }

    /// The worker at the other end of a connection.
    fileprivate func sender(port: Int) -> String? {
        PeerOwner.name(of: port, to: listener.withLock(\.self)?.localAddress?.port ?? 0, among: workers())
    }

    /// What to answer, and after which time.
    fileprivate func take(_ id: String, from worker: String?) -> (status: HTTPResponseStatus, wait: TimeAmount) {
        var chance = SplitMix64(seed: id.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
        let lot = chance.next() % 100
        let isRefused = taken.withLock { taken in
            let isRefused = lot < Self.refusedInAHundred && taken[id] == nil
            taken[id, default: []].append(Arrival(at: clock.now, worker: worker, status: isRefused ? 500 : 200))
            return isRefused
        }
        let longest: UInt64 = lot >= 100 - Self.slowInAHundred ? 2500 : 40
        return (isRefused ? .internalServerError : .ok, .milliseconds(Int64(chance.next() % longest)))
    }
}

/// One connection of a worker: a request at a time, its body read and dropped.
private final class ReceiverConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: Receiver
    private var id: String?
    private var worker: String?

    init(receiver: Receiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): id = head.headers.first(name: "webhook-id")
        case .body: break
        case .end:
            guard let id else { return context.close(promise: nil) }
            if worker == nil { worker = context.remoteAddress?.port.flatMap(receiver.sender) }
            let (status, wait) = receiver.take(id, from: worker)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: wait) {
                let head = HTTPResponseHead(version: .http1_1, status: status, headers: ["content-length": "0"])
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
