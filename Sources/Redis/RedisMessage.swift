/// What a subscription yields.
package enum RedisMessage: Sendable, Equatable {
    /// The subscription is (again) in force, or messages were dropped because the reader lagged:
    /// what was published before this element may have been missed, so look again.
    case reconnected
    /// The connection is gone: what is published from now on is missed, until `.reconnected`.
    case interrupted
    case message(channel: String, payload: [UInt8])
}
