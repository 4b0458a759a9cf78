import Primitives

extension JSON {
    /// RFC 3339 in UTC, of microseconds since 1970.
    static func time(_ microseconds: Int64) -> JSON { .string(RFC3339.text(microseconds)) }
    static func optional(time microseconds: Int64?) -> JSON { microseconds.map { .time($0) } ?? .null }
}
