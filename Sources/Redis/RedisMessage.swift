/// What a subscription yields.
package enum RedisMessage: Sendable, Equatable {
    /// The subscription is (again) in force, or messages were dropped because the reader lagged:
    /// what was published before this element may have been missed, so look again.
    case reconnected
    case message(channel: String, payload: [UInt8])
}
