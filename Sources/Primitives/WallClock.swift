import Glibc

/// This machine's calendar time. For lives that end by themselves and for what is shown; what decides between machines is a server's clock.
package enum WallClock {
    /// Microseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
