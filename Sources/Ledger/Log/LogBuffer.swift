/// Lines that wait to be written, up to a bound. Pure: what does not fit is counted and gone.
struct LogBuffer {
    struct Waiting {
        var line: LogLine
        var since: ContinuousClock.Instant
    }

    private let mostRows: Int
    private let mostBytes: Int
    private var lines: [Waiting] = []
    private var bytes = 0
    private(set) var dropped = 0

    init(mostRows: Int, mostBytes: Int) {
        self.mostRows = mostRows
        self.mostBytes = mostBytes
    }

    var count: Int { lines.count }

    mutating func append(_ line: LogLine, now: ContinuousClock.Instant) {
        let size = line.size
        guard lines.count < mostRows, bytes + size <= mostBytes else { return drop(1) }
        bytes += size
        lines.append(Waiting(line: line, since: now))
    }

    /// The oldest ones.
    mutating func take(_ most: Int) -> [Waiting] {
        let taken = Array(lines.prefix(most))
        lines.removeFirst(taken.count)
        bytes -= taken.reduce(0) { $0 + $1.line.size }
        return taken
    }

    mutating func drop(_ count: Int) { dropped += count }
}
