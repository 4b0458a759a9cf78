internal import CLibCurl
internal import Glibc

/// Readiness of sockets (epoll, level-triggered) for the one thread that owns it. `Waker` is the only part that other threads hold.
@safe final class EventPoll {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
    }

    struct Event {
        let descriptor: Int32
        let bits: UInt32
        var isReadable: Bool { bits & EPOLLIN.rawValue != 0 }
        var isWritable: Bool { bits & EPOLLOUT.rawValue != 0 }
        /// The peer is gone or the socket has failed; curl finds out which by reading.
        var isBroken: Bool { bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    private let epoll: Int32
    private let waker: Waker
    private var buffer = unsafe [epoll_event](repeating: epoll_event(), count: 512)

    /// Nil when the process has no descriptor left.
    init?(waker: Waker) {
        self.waker = waker
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, voicera_epoll_control(epoll, EPOLL_CTL_ADD, waker.descriptor, EPOLLIN.rawValue) == 0 else { return nil }
    }

    deinit { if epoll >= 0 { close(epoll) } }

    func watch(_ socket: Int32, _ interest: Interest, isKnown: Bool) {
        if voicera_epoll_control(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, interest.rawValue) == 0 { return }
        // A descriptor number can come back as another socket: what curl believes and what epoll holds may then differ by one call.
        _ = voicera_epoll_control(epoll, isKnown ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, interest.rawValue)
    }

    func forget(_ socket: Int32) { _ = voicera_epoll_control(epoll, EPOLL_CTL_DEL, socket, 0) }

    /// Waits up to `milliseconds` (-1: for ever) and says how many events `event` then holds.
    func wait(milliseconds: Int32) -> Int {
        max(0, Int(unsafe epoll_wait(epoll, &buffer, Int32(buffer.count), milliseconds)))
    }

    /// Nil for the waker's, which is served here. Read one by one, because handling an event changes what is watched.
    func event(_ index: Int) -> Event? {
        let event = unsafe Event(descriptor: voicera_event_descriptor(&buffer[index]), bits: voicera_event_bits(&buffer[index]))
        guard event.descriptor == waker.descriptor else { return event }
        waker.drain()
        return nil
    }
}
