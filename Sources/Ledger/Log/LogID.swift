package import Primitives

package enum LogEntry: IdentifiedThing { package static let prefix = "log" }

/// A line of the log: when it was, and its number. A line is found by its id, and a list goes on behind one, in the index that lists are read by.
package typealias LogID = ID<LogEntry>

extension LogID {
    /// The first moment of the year 10000: PostgreSQL goes further, but no line does.
    static let end: Int64 = 253_402_300_800_000_000

    /// - Parameters:
    ///   - at: microseconds since 1970.
    ///   - number: of one moment the later lines have the greater one.
    init(at: Int64, number: Int64) {
        self.init(Identifier(high: UInt64(bitPattern: at), low: UInt64(bitPattern: number)))
    }

    var at: Int64 { Int64(bitPattern: value.high) }
    var number: Int64 { Int64(bitPattern: value.low) }

    /// Whether a line can have it; other texts of this form are the client's invention.
    package var isPossible: Bool { (0..<Self.end).contains(at) && number >= 0 }
}
