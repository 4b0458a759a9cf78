/// One reply, or one element of a reply.
///
/// Bulk and status replies are both `string`: what a script or a command means by "OK" does not depend on its framing.
package enum RedisValue: Sendable, Equatable {
    case null
    case string([UInt8])
    case integer(Int64)
    case array([RedisValue])
    /// An error inside an array (a failed command of an `EXEC`, or of a pipeline): a value there, not a failure of the call.
    case error(String)
}

extension RedisValue {
    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// Nil when it is not a string, or not valid UTF-8.
    package var text: String? {
        if case .string(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
    }

    /// Also reads a numeric string, which is how Redis keeps numbers in hashes and how scripts return wide ones.
    package var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .string(let bytes) where bytes.count <= 20: Int64(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    package var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var isNull: Bool { self == .null }
}
