/// How long the ledger keeps what has ended, by state; the log; and, of events, what they said, what receivers answered, and that they were.
package struct Retention: Sendable, Equatable {
    package var succeeded = Duration.seconds(7 * 86_400)
    package var cancelled = Duration.seconds(7 * 86_400)
    package var dead = Duration.seconds(90 * 86_400)
    package var log = Duration.seconds(90 * 86_400)
    /// Bodies of events; no job is kept longer, whatever its state.
    package var payloads = Duration.seconds(90 * 86_400)
    /// What receivers answered, and bodies of API requests and answers, in lines of the log that stay longer.
    package var responses = Duration.seconds(30 * 86_400)
    /// Events and their deliveries, without what they said.
    package var events = Duration.seconds(90 * 86_400)

    /// What is wrong with a setting, in words for the operator.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package init() {}

    /// `succeeded=7d,cancelled=7d,dead=90d,log=90d,payloads=90d,responses=30d,events=90d`: what is not named keeps its usual time. Times are whole numbers of s, m, h or d.
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
            case "payloads": payloads = time
            case "responses": responses = time
            case "events": events = time
            default: throw Fault(description: "\(sides[0]) is none of succeeded, cancelled, dead, log, payloads, responses, events")
            }
        }
        // A job must not outlive the lines that tell how it ended.
        guard log >= max(succeeded, cancelled, dead) else { throw Fault(description: "log must not be shorter than the time of any job") }
        guard events >= payloads else { throw Fault(description: "events must not be shorter than payloads") }
    }

    var shortest: Duration { min(succeeded, cancelled, dead, payloads) }

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
