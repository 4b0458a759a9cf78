import NIOCore

/// As much of HTTP/1.1 as our own deliveries need: a head, a `content-length`, a body. What a receiver costs is not what the bench measures, and
/// both share the processors.
final class BenchReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok")
    private let log: ReceptionLog
    private var received = ByteBuffer()

    init(log: ReceptionLog) { self.log = log }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = buffer } else { received.writeBuffer(&buffer) }
        while let id = nextRequest() {
            log.note(id)
            context.write(wrapOutboundOut(Self.answer), promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The id of the next whole request, which is then gone from the buffer.
    private func nextRequest() -> String? {
        let view = received.readableBytesView
        guard let end = view.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        var id = ""
        var length = 0
        for line in view[..<end.lowerBound].split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = { String(decoding: line[(colon + 1)...].filter { $0 > 0x20 }, as: UTF8.self) }
            switch colon - line.startIndex {
            case 10 where line.lowercased(starts: "webhook-id"): id = value()
            case 14 where line.lowercased(starts: "content-length"): length = Int(value()) ?? 0
            default: break
            }
        }
        let size = end.upperBound - view.startIndex + length
        guard received.readableBytes >= size else { return nil }
        received.moveReaderIndex(forwardBy: size)
        if received.readableBytes == 0 { received.clear() }
        return id
    }
}

extension Collection<UInt8> {
    /// ASCII, whatever the case.
    fileprivate func lowercased(starts name: String) -> Bool { zip(self, name.utf8).allSatisfy { $0 | 0x20 == $1 || $0 == $1 } }
}
