internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Primitives

/// Makes connections that have logged in.
struct Connector: Sendable {
    let configuration: RedisConfiguration
    let group: any EventLoopGroup
    /// Nil without TLS.
    let security: NIOSSLContext?

    /// `onPush`: takes what the server sends unasked; without it such a reply ends the connection.
    func connect(onPush: (@Sendable (RedisValue) -> Void)? = nil) async throws(RedisError) -> Session {
        let link = try await openLink(onPush: onPush)
        do throws(RedisError) {
            let handshake = Handshake(configuration)
            let commands = handshake.commands
            var encoder = CommandEncoder(capacity: commands.reduce(0) { $0 + CommandEncoder.sizeBound([$1]) })
            for command in commands { encoder.append([command]) }
            let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
            let pending = PendingReply(operation: "handshake", permit: nil)
            let replies = try await link.perform(encoder.buffer, replies: commands.count, pending: pending, deadline: deadline).get()
            return Session(link: link, serverIdentity: try handshake.serverIdentity(from: replies))
        } catch {
            link.closeWhenIdle()
            throw error
        }
    }

    private func openLink(onPush: (@Sendable (RedisValue) -> Void)?) async throws(RedisError) -> Link {
        let configuration = configuration
        let security = security
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16 << 10, maximum: 256 << 10))
        let makePipeline: @Sendable (any Channel) -> EventLoopFuture<Link> = { channel in
            channel.eventLoop.makeCompletedFuture {
                if let security {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: security, serverHostname: Self.serverName(configuration.address)))
                }
                guard let reader = ReplyReader(maxReplyBytes: configuration.maxReplyBytes) else { throw ChannelError.operationUnsupported }
                return try Link(channel: channel, reader: reader, onPush: onPush)
            }
        }
        do {
            switch configuration.address {
            case .tcp(let host, let port):
                return
                    try await bootstrap
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelOption(.socketOption(.so_keepalive), value: 1)
                    .connect(host: host, port: port, channelInitializer: makePipeline)
            case .unixSocket(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: makePipeline)
            }
        } catch {
            throw RedisError(.unavailable, operation: "connect", reason: String("\(error)".prefix(300)))
        }
    }

    /// TLS names hosts, not addresses: a certificate for an address is checked against the socket's peer.
    private static func serverName(_ address: RedisConfiguration.Address) -> String? {
        guard case .tcp(let host, _) = address, (try? SocketAddress(ipAddress: host, port: 0)) == nil else { return nil }
        return host
    }
}
