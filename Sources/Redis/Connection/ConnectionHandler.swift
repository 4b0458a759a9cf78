internal import NIOCore

/// Moves bytes between a socket and the pure parts: outbox → queue of owed replies → socket → parser → callers.
/// One per connection, on its event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How late an expired deadline may be noticed. One timer serves a whole connection, and none runs while nothing is owed.
    private static let sweepInterval = TimeAmount.milliseconds(50)
    /// Small commands are joined up to this size, so that a burst of them is a few large writes.
    private static let joinedSize = 64 << 10

    private let outbox: Outbox
    private let reader: ReplyReader
    private let onPush: (@Sendable (RedisValue) -> Void)?
    private var queue = ReplyQueue<PendingReply>()
    private var heartbeat: Heartbeat?
    private var context: ChannelHandlerContext?
    private var isSweepScheduled = false
    private var isClosing = false
    private var closesWhenIdle = false

    init(outbox: Outbox, reader: ReplyReader, onPush: (@Sendable (RedisValue) -> Void)?) {
        self.outbox = outbox
        self.reader = reader
        self.onPush = onPush
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) {
        abandon(.connectionLost, reason: nil)
        self.context = nil
    }

    // MARK: - Writing

    /// Writes all that callers have handed in, with one flush.
    func writeSubmissions() {
        let items = outbox.take()
        guard let context, !isClosing else {
            for item in items { item.pending.fail(.unavailable, reason: "the connection was lost before the command's turn") }
            return outbox.answered(items.count)
        }
        var joined: ByteBuffer?
        for item in items {
            guard !item.pending.isSettled else {
                outbox.answered()
                continue
            }
            queue.append(item.pending, replies: item.replies, deadline: item.deadline)
            if let open = joined, open.readableBytes + item.bytes.readableBytes > Self.joinedSize {
                context.write(wrapOutboundOut(open), promise: nil)
                joined = nil
            }
            if joined?.writeImmutableBuffer(item.bytes) == nil { joined = item.bytes }
        }
        if let joined { context.writeAndFlush(wrapOutboundOut(joined), promise: nil) }
        scheduleSweep(context)
        closeIfDone()
    }

    /// From now on the server may push, and silence is answered by pings.
    func startHeartbeat(interval: TimeAmount, answerWithin: TimeAmount) {
        guard let context else { return }
        heartbeat = Heartbeat(interval: interval, answerWithin: answerWithin, now: context.eventLoop.now)
        scheduleSweep(context)
    }

    // MARK: - Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        heartbeat?.heard(now: context.eventLoop.now)
        do throws(ReplyReader.Violation) {
            try feed(buffer)
            while !isClosing, let value = try reader.next() { deliver(value) }
        } catch {
            abandon(.protocolViolation, reason: error.reason)
        }
        closeIfDone()
    }

    private func feed(_ buffer: ByteBuffer) throws(ReplyReader.Violation) {
        let result: Result<Void, ReplyReader.Violation> = unsafe buffer.withUnsafeReadableBytes { bytes in
            do throws(ReplyReader.Violation) {
                return .success(unsafe try reader.feed(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func deliver(_ value: RedisValue) {
        switch queue.receive(value) {
        case .wait: break
        case .complete(let pending, let answer):
            outbox.answered()
            pending.settle(.success(answer))
        case .unsolicited(let pushed):
            guard let onPush else { return abandon(.protocolViolation, reason: "a reply that nobody asked for") }
            onPush(pushed)
        }
    }

    // MARK: - Time

    private func scheduleSweep(_ context: ChannelHandlerContext) {
        guard !isSweepScheduled, !isClosing, !queue.isEmpty || heartbeat != nil else { return }
        isSweepScheduled = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.sweepInterval) { self.sweep() }
    }

    private func sweep() {
        isSweepScheduled = false
        guard let context, !isClosing else { return }
        let now = context.eventLoop.now
        switch queue.sweep(now: now) {
        case .alive(let expired):
            for pending in expired { pending.fail(.timeout, outcomeUnknown: true) }
        case .dead(let expired):
            for pending in expired { pending.fail(.timeout, outcomeUnknown: true) }
            return abandon(.connectionLost, reason: "replies are overdue")
        }
        switch heartbeat?.tick(now: now) ?? .none {
        case .none: break
        case .ping: context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "*1\r\n$4\r\nPING\r\n")), promise: nil)
        case .dead: return abandon(.connectionLost, reason: "pings are not answered")
        }
        scheduleSweep(context)
    }

    // MARK: - The end

    func channelInactive(context: ChannelHandlerContext) {
        abandon(.connectionLost, reason: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket's or TLS's own words: no bytes of ours are in them.
        abandon(.connectionLost, reason: String("\(error)".prefix(300)))
    }

    /// Closes once every reply that is owed has come or has been given up on.
    func closeWhenIdle() {
        outbox.close()
        closesWhenIdle = true
        writeSubmissions()
    }

    private func closeIfDone() {
        if closesWhenIdle, queue.isEmpty { abandon(.connectionLost, reason: nil) }
    }

    private func abandon(_ code: RedisError.Code, reason: String?) {
        guard !isClosing else { return }
        isClosing = true
        outbox.close()
        let owed = queue.removeAll()
        outbox.answered(owed.count)
        for pending in owed { pending.fail(code, outcomeUnknown: true, reason: reason) }
        writeSubmissions()
        context?.close(promise: nil)
    }
}
