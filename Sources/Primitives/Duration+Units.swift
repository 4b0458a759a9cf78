extension Duration {
    /// Whole microseconds, cut off below and held within Int64.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : scaled + attoseconds / 1_000_000_000_000
    }

    /// Whole nanoseconds, cut off below and held within Int64.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, spilled) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return spilled ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, cut off below.
    package var milliseconds: Int64 { microseconds / 1000 }

    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
