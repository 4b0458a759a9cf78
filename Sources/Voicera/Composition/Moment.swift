import ArgumentParser
import Primitives

/// A time on the command line.
enum Moment {
    /// Microseconds since 1970.
    @Sendable static func parse(_ text: String) throws -> Int64 {
        guard let time = RFC3339.parse(text) else { throw ValidationError("\(text) is no RFC 3339 time, such as 2024-01-15T03:00:00Z") }
        return time
    }
}
