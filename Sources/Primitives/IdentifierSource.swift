import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Makes ids that grow within this process, even when many are asked for in one millisecond or the wall clock steps back.
package final class IdentifierSource: Sendable {
    private struct State {
        var last: UInt64 = 0
        var generator = BufferedRandomNumbers()
    }
    private let state = Mutex(State())
    private let milliseconds: @Sendable () -> UInt64

    package init(milliseconds: @escaping @Sendable () -> UInt64) {
        self.milliseconds = milliseconds
    }

    /// The source on the machine's clock.
    package static let system = IdentifierSource {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    package func next() -> Identifier {
        let now = milliseconds()
        return state.withLock { state in
            // The upper 60 bits (time and 12 random ones) count up, so that two ids of one millisecond keep their order.
            let fresh = Identifier(millisecondsSince1970: now, using: &state.generator)
            let counted = ((fresh.high >> 16) << 12) | (fresh.high & 0x0fff)
            let next = counted > state.last ? counted : state.last + 1
            state.last = next
            return Identifier(high: ((next >> 12) << 16) | 0x7000 | (next & 0x0fff), low: fresh.low)
        }
    }

    /// The beginning of a trace.
    package func nextTrace() -> TraceContext { state.withLock { TraceContext.root(using: &$0.generator) } }

    package func next<Thing: IdentifiedThing>(_: Thing.Type = Thing.self) -> ID<Thing> { ID(next()) }
}
