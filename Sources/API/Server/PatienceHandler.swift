import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Primitives

/// Lets go of clients that keep a connection without getting anywhere, and tells those that cannot be understood so in the API's own words.
///
/// It stands between the HTTP codec and the request's handler, on a connection of HTTP/1.1 or on a stream of HTTP/2. Requests may be pipelined: what
/// comes in is always of the last one, what goes out of the first that has no answer yet.
final class PatienceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: ServerSettings.Patience
    private var deadline: Scheduled<Void>?
    private var isBodyComing = false
    private var isBodyTimed = false
    /// Requests without a whole answer.
    private var unanswered = 0
    private var hasAnswerBegun = false
    /// What may still come of a body that has been answered for.
    private var leftover: Int?

    private static let mostLeftover = 16 << 20

    init(_ patience: ServerSettings.Patience) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { wait(patience.headers, context) { $0.close(promise: nil) } }
    }

    func channelActive(context: ChannelHandlerContext) {
        wait(patience.headers, context) { $0.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopWaiting()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopWaiting() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            isBodyComing = true
            isBodyTimed = false
        case .body(let bytes):
            if let rest = leftover {
                leftover = rest - bytes.readableBytes
                guard rest > bytes.readableBytes else { return context.close(promise: nil) }
            }
        case .end:
            isBodyComing = false
            leftover = nil
            stopWaiting()
        }
        context.fireChannelRead(data)
    }

    /// Most bodies come with their head: only one that does not is worth a deadline.
    func channelReadComplete(context: ChannelHandlerContext) {
        if isBodyComing, !isBodyTimed, leftover == nil {
            isBodyTimed = true
            let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
            wait(patience.body, context) { handler.value.giveUp($0) }
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let response): if response.status.kind != .informational { hasAnswerBegun = true }
        case .body: break
        case .end:
            unanswered -= 1
            hasAnswerBegun = false
            if unanswered == 0, isBodyComing {
                leftover = Self.mostLeftover
                wait(patience.leftover, context) { $0.close(promise: nil) }
            }
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        stopWaiting()
        answer(error == .headerOverflow ? .headersTooLarge : .malformedRequest, context)
    }

    /// The body did not come in time.
    private func giveUp(_ context: ChannelHandlerContext) { answer(.tooSlow, context) }

    /// Only when nothing is being said: half an answer of somebody else's must not be mixed with this one.
    private func answer(_ problem: Problem, _ context: ChannelHandlerContext) {
        guard unanswered <= (isBodyComing ? 1 : 0), !hasAnswerBegun else { return context.close(promise: nil) }
        let id = "req_\(IdentifierSource.system.next())"
        let body = ByteBuffer(string: JSON.object(problem.members(requestID: id)).text)
        let head = HTTPResponse(
            status: problem.status,
            headerFields: [
                .contentType: "application/problem+json", .contentLength: String(body.readableBytes), .connection: "close", .requestID: id,
                .cacheControl: "no-store",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private func wait(_ time: Duration, _ context: ChannelHandlerContext, then act: @escaping (ChannelHandlerContext) -> Void) {
        stopWaiting()
        let bound = NIOLoopBound((context, act), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(time)) {
            let (context, act) = bound.value
            act(context)
        }
    }

    private func stopWaiting() {
        deadline?.cancel()
        deadline = nil
    }
}

extension Problem {
    static let tooSlow = Problem(status: .requestTimeout, code: "too_slow", detail: "The request's body did not come in time.")
}
