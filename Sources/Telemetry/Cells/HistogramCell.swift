import CoreMetrics
import Synchronization

/// Observations by bucket. Two relaxed atomic additions an observation, and no lock.
///
/// Values are whole ticks: nanoseconds of a timer, thousandths of a recorder's unit. The count is the sum of the buckets, never a number of its own,
/// so that a scrape in the middle of an observation still reads buckets that agree with it. The sum may be one observation ahead or behind.
final class HistogramCell: TimerHandler, RecorderHandler {
    static let mostBuckets = 23
    private static let recorderTicks: Int64 = 1000

    struct Reading: Sendable, Equatable {
        /// Observations up to each bound, then all of them.
        var cumulative: [Int64]
        var sum: Double
    }

    /// Upper bounds in the metric's unit, rising.
    let bounds: [Double]
    private let ticks: [Int64]
    private let ticksPerUnit: Double
    /// One a bound, and one for what is above them all.
    private let counts: InlineArray<24, Atomic<Int64>> = InlineArray { _ in Atomic(0) }
    private let sum = Atomic<Int64>(0)

    /// - Parameter ticksPerUnit: 10⁹ for seconds that are counted in nanoseconds.
    init(bounds: [Double], ticksPerUnit: Double) {
        self.bounds = Array(bounds.prefix(Self.mostBuckets))
        self.ticksPerUnit = ticksPerUnit
        ticks = self.bounds.map { Int64(($0 * ticksPerUnit).rounded()) }
    }

    static func timer(bounds: [Double]) -> HistogramCell { HistogramCell(bounds: bounds, ticksPerUnit: 1e9) }
    static func recorder(bounds: [Double]) -> HistogramCell { HistogramCell(bounds: bounds, ticksPerUnit: Double(recorderTicks)) }

    func recordNanoseconds(_ duration: Int64) { observe(max(0, duration)) }

    func record(_ value: Int64) {
        let (scaled, overflow) = value.multipliedReportingOverflow(by: Self.recorderTicks)
        observe(overflow ? .max : scaled)
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        observe(Int64(clamping: Int128((value * ticksPerUnit).rounded())))
    }

    /// Wraps after 292 years of observed time.
    private func observe(_ value: Int64) {
        var bucket = 0
        while bucket < ticks.count, ticks[bucket] < value { bucket += 1 }
        counts[bucket].add(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    var reading: Reading {
        var cumulative: [Int64] = []
        cumulative.reserveCapacity(bounds.count + 1)
        var total: Int64 = 0
        for bucket in 0...bounds.count {
            total += counts[bucket].load(ordering: .relaxed)
            cumulative.append(total)
        }
        return Reading(cumulative: cumulative, sum: Double(sum.load(ordering: .relaxed)) / ticksPerUnit)
    }
}
