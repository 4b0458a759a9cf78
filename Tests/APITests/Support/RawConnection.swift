import NIOCore
import NIOPosix

/// A connection that sends what no decent client would.
struct RawConnection: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Sends pieces one after the other, each as a packet of its own, and returns all that came until the server closed the connection, or until the
    /// answer's end has come when the test says how it looks.
    static func send(_ pieces: [String], to port: Int, until isWhole: @escaping @Sendable (String) -> Bool = { _ in false }) async throws -> String {
        try await send(bytes: pieces.map { Array($0.utf8) }, to: port, until: isWhole)
    }

    /// Sends one request after the other over one connection, each when the answer to the one before has come.
    /// - Returns: the answers, as far as they came before the server closed the connection.
    static func converse(_ requests: [String], to port: Int, until isWhole: @escaping @Sendable (String) -> Bool) async throws -> [String] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            var answers: [String] = []
            for request in requests {
                var received = ""
                do {
                    try await outbound.write(ByteBuffer(string: request))
                    while !isWhole(received), let part = try await parts.next() { received += String(buffer: part) }
                } catch {
                    // The server closed after the answer before, which is what the caller counts.
                }
                guard isWhole(received) else { break }
                answers.append(received)
            }
            return answers
        }
    }

    static func send(bytes pieces: [[UInt8]], to port: Int, until isWhole: @escaping @Sendable (String) -> Bool = { _ in false }) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var received = ByteBuffer()
            do {
                for piece in pieces { try await outbound.write(ByteBuffer(bytes: piece)) }
                for try await part in inbound {
                    received.writeImmutableBuffer(part)
                    if isWhole(String(buffer: received)) { break }
                }
            } catch {
                // The server may close while we still send; what it said before counts.
            }
            return String(buffer: received)
        }
    }
}
