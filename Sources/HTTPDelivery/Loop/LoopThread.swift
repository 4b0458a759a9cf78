internal import CLibCurl
internal import Glibc

/// The thread that a client's transfers run on.
enum LoopThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body`, with what it holds, on a new detached thread; false when the system gives none, and `body` is then never called.
    static func run(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let start = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, &attributes, enter, start)
        if code != 0 { unsafe Unmanaged<Start>.fromOpaque(start).release() }
        return code == 0
    }

    /// A function of its own: as a closure it crashes the region analysis of Swift 6.3.1.
    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        blockSignals()
        unsafe voicera_name_thread("http-delivery")
        if let context = unsafe context { unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body() }
        return nil
    }

    /// The process's signals are for other threads, and a TLS write to a closed socket raises SIGPIPE, which must end nobody.
    private static func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
