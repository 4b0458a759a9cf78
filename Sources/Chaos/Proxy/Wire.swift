/// How a link behaves.
package enum Wire: Sendable, Equatable {
    case pass
    /// Connections are closed and new ones are closed at once.
    case cut
    /// Connections stand and are accepted; what is sent arrives when the hole is closed.
    case hole
    /// Each connection is closed after so many more bytes of replies.
    case tear(bytes: Int)
    /// Each piece is late by a time between the two.
    case delay(least: Duration, most: Duration)
    case slow(bytesPerSecond: Int)
}
