import NIOCore

/// As much of HTTP/1.1 as our own deliveries need: a head, a `content-length`, a body. What a receiver costs is not what the bench measures, and
/// both share the processors.
final class BenchReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Request {
        var id = ""
        /// Nil for the usual one.
        var path: String?
    }

    private let log: ReceptionLog
    private let behaviour: ReceiverBehaviour
    private var received = ByteBuffer()

    init(log: ReceptionLog, behaviour: ReceiverBehaviour) {
        self.log = log
        self.behaviour = behaviour
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = buffer } else { received.writeBuffer(&buffer) }
        while let request = nextRequest() {
            let answer = behaviour.answer(to: request.id, at: request.path)
            log.note(request.id, status: answer.status, path: request.path)
            guard let delay = answer.delay else {
                context.write(wrapOutboundOut(answer.bytes), promise: nil)
                continue
            }
            // A sender waits for its answer before it asks again, so none overtakes another on one connection.
            let channel = context.channel
            context.eventLoop.scheduleTask(in: delay) { channel.writeAndFlush(answer.bytes, promise: nil) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The next whole request, which is then gone from the buffer.
    private func nextRequest() -> Request? {
        let view = received.readableBytesView
        guard let end = view.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        var request = Request()
        var length = 0
        for (number, line) in view[..<end.lowerBound].split(separator: UInt8(ascii: "\n")).enumerated() {
            if number == 0, !line.starts(with: "POST \(ReceiverBehaviour.usualPath) ".utf8) {
                let words = String(decoding: line, as: UTF8.self).split(separator: " ")
                request.path = words.count > 1 ? String(words[1]) : ""
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = { String(decoding: line[(colon + 1)...].filter { $0 > 0x20 }, as: UTF8.self) }
            switch colon - line.startIndex {
            case 10 where line.lowercased(starts: "webhook-id"): request.id = value()
            case 14 where line.lowercased(starts: "content-length"): length = Int(value()) ?? 0
            default: break
            }
        }
        let size = end.upperBound - view.startIndex + length
        guard received.readableBytes >= size else { return nil }
        received.moveReaderIndex(forwardBy: size)
        if received.readableBytes == 0 { received.clear() }
        return request
    }
}

extension Collection<UInt8> {
    /// ASCII, whatever the case.
    fileprivate func lowercased(starts name: String) -> Bool { zip(self, name.utf8).allSatisfy { $0 | 0x20 == $1 || $0 == $1 } }
}
