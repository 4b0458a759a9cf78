internal import NIOCore

/// One live socket to Redis, used from any thread.
final class Link: Sendable {
    private let channel: any Channel
    private let outbox: Outbox
    private let handler: NIOLoopBound<ConnectionHandler>

    /// On the channel's event loop, while its pipeline is made.
    init(channel: any Channel, reader: ReplyReader, onPush: (@Sendable (RedisValue) -> Void)?) throws {
        self.channel = channel
        outbox = Outbox()
        let handler = ConnectionHandler(outbox: outbox, reader: reader, onPush: onPush)
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    var isOpen: Bool { outbox.isOpen }
    var commandsOwed: Int { outbox.commandsOwed }

    /// Writes the command and waits for its reply. `replies`: nil for one command, otherwise that many, which come as one array.
    ///
    /// A cancelled caller leaves at once; a command already written is executed all the same, and its reply dropped.
    func perform(_ bytes: ByteBuffer, replies: Int? = nil, pending: PendingReply, deadline: NIODeadline) async -> PendingReply.Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard pending.wait(continuation) else { return }
                switch outbox.submit(Outbox.Item(pending: pending, bytes: bytes, replies: replies, deadline: deadline)) {
                case .closed: pending.fail(.unavailable, reason: "the connection is closed")
                case .accepted(wakesWriter: false): break
                case .accepted(wakesWriter: true): onEventLoop { $0.writeSubmissions() }
                }
            }
        } onCancel: {
            pending.fail(.cancelled, outcomeUnknown: true)
        }
    }

    func startHeartbeat(interval: Duration, answerWithin: Duration) {
        onEventLoop { $0.startHeartbeat(interval: TimeAmount(interval), answerWithin: TimeAmount(answerWithin)) }
    }

    /// Returns when the socket is closed. A cancelled caller has it closed, after the replies still owed.
    func closed() async {
        await withTaskCancellationHandler {
            // The only failure a close future knows is that the channel is gone.
            try? await channel.closeFuture.get()
        } onCancel: {
            closeWhenIdle()
        }
    }

    /// Takes no more commands, and closes when the last reply has come or is overdue.
    func closeWhenIdle() { onEventLoop { $0.closeWhenIdle() } }

    private func onEventLoop(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        channel.eventLoop.execute { body(self.handler.value) }
    }
}
