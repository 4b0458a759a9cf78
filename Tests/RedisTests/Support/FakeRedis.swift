internal import Foundation
internal import NIOCore
internal import NIOPosix

/// A peer that logs a client in properly and then says one thing, whatever it is asked.
final class FakeRedis: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: [UInt8]
    private var reads = 0

    private init(answer: [UInt8]) { self.answer = answer }

    static func with(answer: [UInt8], _ body: (_ url: String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/fake-" + UUID().uuidString.prefix(8) + ".sock"
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(FakeRedis(answer: answer)) }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            try await body("unix://" + path)
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let login = "+OK\r\n+PONG\r\n$13\r\nrun_id:fake\r\n\r\n"
        reads += 1
        guard reads <= 2 else { return }
        let bytes = reads == 2 ? ByteBuffer(bytes: answer) : ByteBuffer(string: login)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
}
