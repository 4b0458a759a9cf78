/// Why an expression or a time zone is refused, in words for who wrote it.
package struct CronError: Error, Sendable, Equatable {
    package enum Part: Sendable { case expression, timeZone }

    package var part: Part
    package var reason: String

    init(_ reason: String, part: Part = .expression) {
        self.part = part
        self.reason = reason
    }
}

extension CronError: CustomStringConvertible {
    package var description: String { reason }
}
