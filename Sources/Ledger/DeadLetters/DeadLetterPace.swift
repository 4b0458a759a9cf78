/// How many jobs an operation may move now (GCRA): one each 1/rate seconds, and after a delay what it is behind, but never more than a second's worth,
/// so that an outage or a busy machine costs time and makes no burst.
package struct DeadLetterPace {
    /// Jobs a second; nil for no bound.
    let rate: Int32?
    /// When the next job may be moved, in microseconds.
    let next: Int64
    let now: Int64

    private static let second: Int64 = 1_000_000

    private var interval: Int64 { rate.map { Self.second / Int64($0) } ?? 0 }
    /// Never further back than a second's worth, the job that is due now included; nor, below one a second, so far that a second one would be due.
    private var start: Int64 { max(next, now - max(Self.second - interval, interval - 1)) }

    package init(rate: Int32?, next: Int64, now: Int64) {
        self.rate = rate
        self.next = next
        self.now = now
    }

    /// At most `most`.
    package func allowed(most: Int) -> Int {
        guard rate != nil else { return most }
        return now < start ? 0 : min(most, Int((now - start) / interval) + 1)
    }

    /// When the next job may be moved after so many were.
    package func next(afterMoving count: Int) -> Int64 { rate == nil ? now : start + Int64(count) * interval }
}
