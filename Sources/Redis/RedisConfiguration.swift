package import Primitives

/// Where Redis is and how patient we are with it.
package struct RedisConfiguration: Sendable {
    package enum Address: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unixSocket(path: String)
    }

    package var address: Address
    package var usesTLS: Bool
    package var username: String?
    package var password: Redacted<String>?
    package var database: Int
    /// PEM file of the authorities to trust instead of the system's.
    package var trustRootsFile: String?
    /// Shown by `CLIENT LIST`.
    package var clientName = "voicera"

    /// Two are enough to keep one busy while the other reconnects; Redis itself executes on one core.
    package var connections = 2
    /// For the socket, and again for TLS and the handshake together.
    package var connectTimeout: Duration = .seconds(2)
    package var commandDeadline: Duration = .seconds(2)
    /// How long a command waits for a connection that is being made. In an outage it fails at once.
    package var connectionWait: Duration = .milliseconds(100)
    package var reconnectBackoff: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    /// Commands that are owed an answer, of the whole client; a pipeline counts once. Those given up on by their caller count until Redis answers.
    package var maxInFlight = 10_000
    /// Bytes of those commands: what a stalled server can make us hold.
    package var maxBytesInFlight = 256 << 20
    package var maxReplyBytes = 64 << 20
    /// Messages a slow subscriber may lag behind.
    package var subscriptionBuffer = 256

    /// `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, `unix://[user:password@]/path/to.sock[?db=0]`.
    package init(url: String) throws(RedisError) {
        let parts = try URLParts(url)
        address = parts.address
        usesTLS = parts.usesTLS
        username = parts.username
        password = parts.password.map(Redacted.init)
        database = parts.database
    }
}
