import Chaos
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// A link and what can be done to it, between a client and a server that answers every byte with the same byte.
@Suite struct Links {
    private struct Ends {
        let proxy: LinkProxy
        let path: String
    }

    private func withLink(_ body: (Ends) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) } }
            .bind(unixDomainSocketPath: folder.path + "/server").get()
        let proxy = try await LinkProxy.start(at: folder.path + "/link", to: folder.path + "/server")
        try await body(Ends(proxy: proxy, path: folder.path + "/link"))
        await proxy.close()
        try await server.close()
    }

    @Test func `what is sent comes back, in order`() async throws {
        try await withLink { ends in
            let caller = try await Caller.connect(ends.path)
            for number in 0..<50 { caller.send("\(number) ") }
            try await eventually("all is back") { caller.got == (0..<50).map { "\($0) " }.joined() }
        }
    }

    @Test func `a cut closes what is open and refuses what is new, until it is mended`() async throws {
        try await withLink { ends in
            let caller = try await Caller.connect(ends.path)
            caller.send("a")
            try await eventually("an echo") { caller.got == "a" }
            ends.proxy.set(.cut)
            try await eventually("it is closed") { caller.isClosed }
            // It may be closed before the caller has come to its end of the handshake.
            if let refused = try? await Caller.connect(ends.path) { try await eventually("a new one is closed too") { refused.isClosed } }
            ends.proxy.set(.pass)
            let again = try await Caller.connect(ends.path)
            again.send("b")
            try await eventually("it works again") { again.got == "b" }
        }
    }

    @Test func `nothing comes out of a hole, and everything when it is closed`() async throws {
        try await withLink { ends in
            let old = try await Caller.connect(ends.path)
            old.send("a")
            try await eventually("an echo") { old.got == "a" }
            ends.proxy.set(.hole)
            old.send("b")
            let new = try await Caller.connect(ends.path)
            new.send("c")
            // A third connection on another link would have been answered long ago by now; these have heard nothing.
            try await withLink { other in
                let witness = try await Caller.connect(other.path)
                for _ in 0..<20 {
                    let before = witness.got.count
                    witness.send("w")
                    try await eventually("an echo") { witness.got.count > before }
                }
            }
            #expect(old.got == "a" && new.got == "" && !old.isClosed && !new.isClosed)
            ends.proxy.set(.pass)
            try await eventually("what was held arrives") { old.got == "ab" && new.got == "c" }
        }
    }

    @Test func `a reply is torn after so many bytes`() async throws {
        try await withLink { ends in
            ends.proxy.set(.tear(bytes: 5))
            let caller = try await Caller.connect(ends.path)
            caller.send("0123456789")
            try await eventually("it is closed") { caller.isClosed }
            #expect(caller.got == "01234")
        }
    }

    @Test func `late pieces keep their order, and a mended link does not overtake them`() async throws {
        try await withLink { ends in
            let caller = try await Caller.connect(ends.path)
            ends.proxy.set(.delay(least: .milliseconds(20), most: .milliseconds(60)))
            let began = ContinuousClock.now
            for number in 0..<20 { caller.send("\(number) ") }
            ends.proxy.set(.delay(least: .milliseconds(1), most: .milliseconds(2)))
            caller.send("end")
            try await eventually("all is there") { caller.got == (0..<20).map { "\($0) " }.joined() + "end" }
            #expect(ContinuousClock.now - began >= .milliseconds(2))
        }
    }

    @Test func `a slow link takes the time that its bytes need`() async throws {
        try await withLink { ends in
            ends.proxy.set(.slow(bytesPerSecond: 10_000))
            let caller = try await Caller.connect(ends.path)
            let began = ContinuousClock.now
            caller.send(String(repeating: "x", count: 2000))
            try await eventually("all is there") { caller.got.count == 2000 }
            // There and back.
            #expect(ContinuousClock.now - began >= .milliseconds(400))
        }
    }
}

private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
}

private final class Caller: Sendable {
    private let channel: any Channel
    private let text: Mutex<String>
    private let closed: Mutex<Bool>

    var got: String { text.withLock(\.self) }
    var isClosed: Bool { closed.withLock(\.self) }

    static func connect(_ path: String) async throws -> Caller {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: path).get()
        let caller = Caller(channel)
        try await channel.pipeline.addHandler(Ear { heard in caller.text.withLock { $0 += heard } }).get()
        channel.closeFuture.whenComplete { _ in caller.closed.withLock { $0 = true } }
        try await channel.setOption(.autoRead, value: true).get()
        return caller
    }

    private init(_ channel: any Channel) {
        self.channel = channel
        text = Mutex("")
        closed = Mutex(false)
    }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
}

private final class Ear: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let hear: @Sendable (String) -> Void
    init(_ hear: @escaping @Sendable (String) -> Void) { self.hear = hear }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { hear(String(buffer: unwrapInboundIn(data))) }
}
