import NIOCore
import NIOHTTP1
import NIOPosix
import Primitives
import Synchronization
import TestSupport

/// A webhook receiver that remembers every request and answers as the test says.
final class Receiver: Sendable {
    enum Behaviour: Sendable {
        case answer(Int)
        case delayed(Duration, Int)
        /// Takes the request and answers when `releaseHeld` is called; with so many waiting, the next are answered with 200 at once.
        case hold(most: Int = .max)
    }

    struct Arrival: Sendable {
        var id: DeliveryID
        var path: String
        var attempt: Int
        var traceparent: String?
        var tracestate: String?
        var at: ContinuousClock.Instant
        /// Nil while it waits, and for ever when its sender has gone.
        var answeredAt: ContinuousClock.Instant?
    }

    private struct Held: Sendable {
        var number: Int
        var respond: @Sendable (Int) -> Void
    }
    private struct State {
        var behaviour = Behaviour.answer(200)
        var arrivals: [Arrival] = []
        var distinct: Set<DeliveryID> = []
        var held: [ObjectIdentifier: Held] = [:]
    }

    private let state = Mutex(State())
    private let channel: any Channel

    private init(channel: any Channel, box: Box) {
        self.channel = channel
        box.receiver.withLock { $0 = self }
    }

    static func start() async throws -> Receiver {
        let box = Box()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 2048)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(box: box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Receiver(channel: channel, box: box)
    }

    func stop() async { try? await channel.close() }

    /// A path of its own makes an endpoint of its own.
    func url(_ path: String = "hook") -> String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/\(path)" }

    func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    /// Answers what is held; what comes later is treated by the behaviour.
    func releaseHeld(_ status: Int = 200) {
        let held = state.withLock { state in
            defer { state.held = [:] }
            return state.held.values.map(\.self)
        }
        for held in held { answer(held, status) }
    }

    var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    var count: Int { state.withLock { $0.arrivals.count } }
    var distinctCount: Int { state.withLock { $0.distinct.count } }
    var heldCount: Int { state.withLock { $0.held.count } }
    /// Deliveries whose sender waits for an answer.
    var heldIDs: Set<DeliveryID> { state.withLock { state in Set(state.held.values.map { state.arrivals[$0.number].id }) } }

    /// Deliveries that came more than once.
    var repeated: [DeliveryID: Int] {
        Dictionary(arrivals.map { ($0.id, 1) }, uniquingKeysWith: +).filter { $0.value > 1 }
    }

    fileprivate func take(_ head: HTTPRequestHead, from sender: ObjectIdentifier, respond: @escaping @Sendable (Int) -> Void) -> Duration? {
        guard let id = head.headers.first(name: "webhook-id").flatMap({ DeliveryID($0) }) else {
            respond(400)
            return nil
        }
        let attempt = head.headers.first(name: "webhook-attempt").flatMap { Int($0) } ?? 0
        // One look decides: a request between two looks would be held after everything held was released, and nobody would answer it.
        let (held, behaviour, isHeld) = state.withLock { state in
            state.arrivals.append(
                Arrival(
                    id: id, path: head.uri, attempt: attempt, traceparent: head.headers.first(name: "traceparent"),
                    tracestate: head.headers.first(name: "tracestate"), at: .now))
            state.distinct.insert(id)
            let held = Held(number: state.arrivals.count - 1, respond: respond)
            let isHeld =
                switch state.behaviour {
                case .answer: false
                case .delayed: true
                case .hold(let most): state.held.count < most
                }
            if isHeld { state.held[sender] = held }
            return (held, state.behaviour, isHeld)
        }
        switch behaviour {
        case .answer(let status): answer(held, status)
        case .delayed(let delay, _): return delay
        case .hold: if !isHeld { answer(held, 200) }
        }
        return nil
    }

    fileprivate func delayIsOver(for sender: ObjectIdentifier) {
        let (held, behaviour) = state.withLock { ($0.held.removeValue(forKey: sender), $0.behaviour) }
        guard let held else { return }
        if case .delayed(_, let status) = behaviour { answer(held, status) } else { answer(held, 200) }
    }

    fileprivate func left(_ sender: ObjectIdentifier) { state.withLock { _ = $0.held.removeValue(forKey: sender) } }

    private func answer(_ held: Held, _ status: Int) {
        state.withLock { $0.arrivals[held.number].answeredAt = .now }
        held.respond(status)
    }

    /// The handlers exist before the receiver does.
    fileprivate final class Box: Sendable {
        let receiver = Mutex<Receiver?>(nil)
    }
}

/// One connection: a request at a time, its body read and dropped.
private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let box: Receiver.Box
    private var head: HTTPRequestHead?

    init(box: Receiver.Box) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head, let receiver = box.receiver.withLock(\.self) else { return context.close(promise: nil) }
            let channel = context.channel
            let sender = ObjectIdentifier(channel)
            let delay = receiver.take(head, from: sender) { status in
                var answer = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
                answer.headers.add(name: "content-length", value: "0")
                channel.write(HTTPServerResponsePart.head(answer), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
            if let delay {
                context.eventLoop.scheduleTask(in: TimeAmount(delay)) { receiver.delayIsOver(for: sender) }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        box.receiver.withLock(\.self)?.left(ObjectIdentifier(context.channel))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
