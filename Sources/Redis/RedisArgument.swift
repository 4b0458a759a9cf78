/// One word of a command. Numbers are written as decimal text straight into the output, without a `String` between.
package enum RedisArgument: Sendable, Hashable {
    case string(String)
    case bytes([UInt8])
    case int(Int64)
}

extension RedisArgument {
    /// A number, or nothing as the empty string.
    package static func optional(_ number: (some BinaryInteger)?) -> RedisArgument { number.map { .int(Int64($0)) } ?? .string("") }
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
}
