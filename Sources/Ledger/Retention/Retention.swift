/// How long the ledger keeps what has ended, by state, and the log.
package struct Retention: Sendable, Equatable {
    package var succeeded = Duration.seconds(7 * 86_400)
    package var cancelled = Duration.seconds(7 * 86_400)
    package var dead = Duration.seconds(90 * 86_400)
    package var log = Duration.seconds(90 * 86_400)

    /// What is wrong with a setting, in words for the operator.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package init() {}

    /// `succeeded=7d,cancelled=7d,dead=90d,log=90d`: what is not named keeps its usual time. Times are whole numbers of s, m, h or d.
    package init(parsing text: String) throws(Fault) {
        self.init()
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            guard sides.count == 2, let time = Self.time(sides[1]) else { throw Fault(description: "\(part) is not name=time such as dead=90d") }
            switch sides[0] {
            case "succeeded": succeeded = time
            case "cancelled": cancelled = time
            case "dead": dead = time
            case "log": log = time
            default: throw Fault(description: "\(sides[0]) is none of succeeded, cancelled, dead, log")
            }
        }
        // A job must not outlive the lines that tell how it ended.
        guard log >= max(succeeded, cancelled, dead) else { throw Fault(description: "log must not be shorter than the time of any job") }
    }

    var shortest: Duration { min(succeeded, cancelled, dead) }

    private static func time(_ text: String) -> Duration? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        // A century: beyond, the sum with the ledger's clock may not be a time any more.
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number > 0, number <= 36_500 * 86_400 / unit else {
            return nil
        }
        return .seconds(number * unit)
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
