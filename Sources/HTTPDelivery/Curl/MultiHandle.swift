internal import CLibCurl
internal import Glibc

/// libcurl's set of running transfers, driven by readiness (`curl_multi_socket_action`): https://curl.se/libcurl/c/libcurl-multi.html
///
/// Owned by one thread. Connections stay here between transfers and are reused.
@safe final class MultiHandle {
    private let raw: UnsafeMutableRawPointer
    private let poll: EventPoll
    /// When curl wants to be called without an event, in nanoseconds of the monotonic clock.
    private var deadline: UInt64?
    private var hasTransfers = false
    private var nextLook: UInt64 = 0
    /// Nanoseconds.
    private static let lookEvery: UInt64 = 1_000_000_000
    private var isClosed = false

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameter maxConnections: Open connections, busy and idle ones; past it, the longest idle one is closed.
    init?(poll: EventPoll, maxConnections: Int) {
        guard Self.isReady, let raw = unsafe curl_multi_init() else { return nil }
        unsafe self.raw = raw
        self.poll = poll
        // Not retained: curl calls back only from within calls of this object.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let isSet =
            unsafe voicera_multi_set_long(raw, CURLMOPT_MAXCONNECTS, maxConnections) == CURLM_OK
            && voicera_multi_set_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)) == CURLM_OK
            && voicera_multi_set_context(raw, CURLMOPT_SOCKETDATA, context) == CURLM_OK
            && voicera_multi_set_context(raw, CURLMOPT_TIMERDATA, context) == CURLM_OK
            && voicera_multi_set_socket_function(raw, socketChanged) == CURLM_OK
            && voicera_multi_set_timer_function(raw, timerChanged) == CURLM_OK
        if !isSet { return nil }
    }

    deinit { close() }

    /// Closes the connections. Every transfer has been removed; nothing may follow.
    func close() {
        if !isClosed { unsafe curl_multi_cleanup(raw) }
        isClosed = true
    }

    func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(raw, easy.raw) == CURLM_OK }

    /// Ends the transfer if it is still running, and its connection with it.
    func remove(_ easy: EasyHandle) { unsafe curl_multi_remove_handle(raw, easy.raw) }

    /// Waits for a socket, the timer or the waker, and lets curl act on what came.
    /// - Parameter mayWait: false looks at what has come already.
    func turn(mayWait: Bool) {
        let count = poll.wait(milliseconds: mayWait ? patience : 0)
        for index in 0..<count {
            guard let event = poll.event(index) else { continue }
            var mask: Int32 = 0
            if event.isReadable { mask |= CURL_CSELECT_IN }
            if event.isWritable { mask |= CURL_CSELECT_OUT }
            if event.isBroken { mask |= CURL_CSELECT_ERR }
            act(on: event.descriptor, mask)
        }
        let now = Self.now()
        if let due, due <= now {
            deadline = nil
            nextLook = now + Self.lookEvery
            // CURL_SOCKET_TIMEOUT is the same number as the bad socket.
            act(on: voicera_bad_socket(), 0)
        }
    }

    func nextFinished() -> (transfer: Transfer, code: CURLcode)? {
        var code = CURLE_OK
        var context: UnsafeMutableRawPointer?
        guard let easy = unsafe voicera_multi_next_finished(raw, &code), unsafe voicera_easy_get_context(easy, &context) == CURLE_OK,
            let context = unsafe context,
            let transfer = unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer?.takeUnretainedValue()
        else { return nil }
        return (transfer, code)
    }

    private func act(on socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        _ = unsafe curl_multi_socket_action(raw, socket, mask, &running)
        hasTransfers = running > 0
    }

    /// When curl has to look at its timeouts: at the time that it gave, and once a second while it has transfers, so that a timer that was never
    /// given cannot leave one open for ever.
    private var due: UInt64? {
        guard hasTransfers else { return deadline }
        return min(deadline ?? .max, nextLook)
    }

    private var patience: Int32 {
        guard let due else { return -1 }
        let now = Self.now()
        // Rounded up: waking a fraction too early would spin until the time has come.
        return due <= now ? 0 : Int32(clamping: (due - now + 999_999) / 1_000_000)
    }

    fileprivate func changed(_ socket: Int32, _ what: Int32, isKnown: Bool) {
        switch what {
        case CURL_POLL_REMOVE: poll.forget(socket)
        case CURL_POLL_IN: poll.watch(socket, .read, isKnown: isKnown)
        case CURL_POLL_OUT: poll.watch(socket, .write, isKnown: isKnown)
        default: poll.watch(socket, [.read, .write], isKnown: isKnown)
        }
        // Any pointer that is not null: curl hands it back as `known` until the socket is removed.
        if what != CURL_POLL_REMOVE, !isKnown { unsafe curl_multi_assign(raw, socket, raw) }
    }

    fileprivate func changed(timer milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : Self.now() + UInt64(milliseconds) * 1_000_000
    }

    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

private func multi(_ context: UnsafeMutableRawPointer) -> MultiHandle {
    unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
}

private func socketChanged(
    _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?, _ known: UnsafeMutableRawPointer?
) -> Int32 {
    if let context = unsafe context { unsafe multi(context).changed(socket, what, isKnown: known != nil) }
    return 0
}

/// Only takes note: acting from within the callback is forbidden (https://curl.se/libcurl/c/CURLMOPT_TIMERFUNCTION.html).
private func timerChanged(_ raw: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?) -> Int32 {
    if let context = unsafe context { unsafe multi(context).changed(timer: milliseconds) }
    return 0
}
