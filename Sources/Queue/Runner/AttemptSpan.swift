import Ledger
import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// Where an attempt stands in its trace.
enum AttemptSpan {
    /// A span of its own under what asked for the job, or, when nobody did, in a trace that is named by the job's id: all attempts of a job are in one.
    ///
    /// It is mixed from the id, the attempt and the clock instead of drawn: a system call less, and two runs of one attempt (a snooze between them)
    /// still differ.
    static func make(for job: RunnableJob, begun: ContinuousClock.Instant) -> TraceContext? {
        let elapsed = UInt64(bitPattern: (begun - start).nanoseconds)
        let span = mixed(job.id.value.low ^ mixed(elapsed &+ seed) ^ UInt64(UInt32(bitPattern: job.attempt)) << 32)
        let parent = job.trace.flatMap { TraceContext(stored: $0) } ?? TraceContext(trace: (job.id.value.high, job.id.value.low), span: 1)
        return parent?.child(span: span)
    }

    /// Of this process, so that two workers whose clocks stand alike make different spans.
    private static let seed = UInt64.random(in: .min ... .max)
    private static let start = ContinuousClock.now

    /// The finaliser of SplitMix64: every bit of the answer depends on every bit of the number.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var x = number
        x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
        x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
        return x ^ (x >> 31)
    }
}

extension RunnableJob {
    /// How long it has waited since it was due. The ledger's clock for a job that was asked about; for a first-hand one the time in its id, which the
    /// accepting process wrote, against this machine's clock. Good enough to look at; nothing decides by it (law 8).
    package var wait: Duration {
        if let waited { return .microseconds(waited) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        return .milliseconds(max(0, milliseconds - Int64(id.value.high >> 16)))
    }
}
