import NIOCore
import NIOPosix
import Synchronization

/// Stands between one process and one store on a unix socket, and does to the link what it is told.
package final class LinkProxy: Sendable {
    private struct State {
        var wire = Wire.pass
        var channels: [ObjectIdentifier: any Channel] = [:]
        var listener: (any Channel)?
    }
    private struct Refused: Error {}

    private let target: String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: where it listens.
    ///   - target: the store's own socket.
    package static func start(at path: String, to target: String) async throws -> LinkProxy {
        let proxy = LinkProxy(target: target)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { proxy.join($0) }
            .bind(unixDomainSocketPath: path).get()
        proxy.state.withLock { $0.listener = listener }
        return proxy
    }

    private init(target: String) { self.target = target }

    package var wire: Wire { state.withLock(\.wire) }

    package func set(_ wire: Wire) {
        let channels = state.withLock { state in
            state.wire = wire
            return Array(state.channels.values)
        }
        for channel in channels {
            if wire == .cut { channel.close(promise: nil) } else { channel.pipeline.fireUserInboundEventTriggered(Relay.Woken()) }
        }
    }

    package func close() async {
        let listener = state.withLock(\.listener)
        try? await listener?.close()
        set(.cut)
    }

    private func join(_ client: any Channel) -> EventLoopFuture<Void> {
        guard wire != .cut else { return client.eventLoop.makeFailedFuture(Refused()) }
        // The same loop for both sides: a relay may then look at the other side without a lock.
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: target)
            .flatMap { server in
                client.eventLoop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(Relay(to: server, .request) { self.wire })
                    try server.pipeline.syncOperations.addHandler(Relay(to: client, .reply) { self.wire })
                }
                .flatMap { server.setOption(.autoRead, value: true) }
                .map { for channel in [client, server] { self.keep(channel) } }
            }
    }

    private func keep(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isCut = state.withLock { state in
            state.channels[id] = channel
            return state.wire == .cut
        }
        channel.closeFuture.whenComplete { _ in self.state.withLock { _ = $0.channels.removeValue(forKey: id) } }
        if isCut { channel.close(promise: nil) }
    }
}
