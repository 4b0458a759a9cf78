import NIOCore
import Primitives

/// One direction of one connection. It reads only while the other side can take it and the link is no hole, so nothing piles up here.
final class Relay: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Sent through both pipelines when the link's behaviour has changed or the other side can be written to again.
    struct Woken: Sendable {}

    enum Direction: Sendable { case request, reply }

    private let other: any Channel
    private let direction: Direction
    private let wire: @Sendable () -> Wire
    private var wantsRead = false
    private var held: [ByteBuffer] = []
    /// When the last late piece is due: pieces keep their order.
    private var due = NIODeadline.now()
    private var torn: (limit: Int, passed: Int)?

    init(to other: any Channel, _ direction: Direction, wire: @escaping @Sendable () -> Wire) {
        self.other = other
        self.direction = direction
        self.wire = wire
    }

    func read(context: ChannelHandlerContext) {
        if wire() == .hole || !other.isWritable { wantsRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = unwrapInboundIn(data)
        if wire() == .hole || !held.isEmpty { held.append(piece) } else { pass(piece, context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Woken else { return context.fireUserInboundEventTriggered(event) }
        guard wire() != .hole else { return }
        let waiting = held
        held = []
        for piece in waiting { pass(piece, context) }
        guard wantsRead, other.isWritable else { return }
        wantsRead = false
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { other.pipeline.fireUserInboundEventTriggered(Woken()) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let other = other
        // After what is still on its way.
        context.eventLoop.scheduleTask(deadline: due) { other.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func pass(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        switch wire() {
        case .cut: context.close(promise: nil)
        case .tear(let bytes) where direction == .reply: tear(piece, after: bytes, context)
        case .delay(let least, let most):
            send(piece, context, at: .now() + TimeAmount(least + (most - least) * Double.random(in: 0...1)))
        case .slow(let bytesPerSecond):
            send(piece, context, at: max(due, .now()) + .microseconds(Int64(piece.readableBytes) * 1_000_000 / Int64(max(1, bytesPerSecond))))
        default: send(piece, context, at: due)
        }
    }

    private func tear(_ piece: ByteBuffer, after limit: Int, _ context: ChannelHandlerContext) {
        let passed = torn?.limit == limit ? torn?.passed ?? 0 : 0
        torn = (limit, passed + piece.readableBytes)
        guard passed + piece.readableBytes >= limit else { return send(piece, context, at: due) }
        let other = other
        other.writeAndFlush(piece.getSlice(at: piece.readerIndex, length: limit - passed) ?? piece).whenComplete { _ in other.close(promise: nil) }
        context.close(promise: nil)
    }

    private func send(_ piece: ByteBuffer, _ context: ChannelHandlerContext, at time: NIODeadline) {
        guard time > .now() else { return other.writeAndFlush(piece, promise: nil) }
        // A little later than the one before, as the loop does not say what it does first of two tasks that are due together.
        due = max(due + .nanoseconds(1), time)
        let other = other
        context.eventLoop.scheduleTask(deadline: due) { other.writeAndFlush(piece, promise: nil) }
    }
}
