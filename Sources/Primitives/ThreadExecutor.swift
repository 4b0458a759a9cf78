import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Runs one actor's jobs, one at a time, on a thread of its own, so that a blocking C call there holds up nobody else.
///
/// Whoever owns the executor ends the thread with `shutDown()`: the thread keeps the executor alive until then.
/// A job that arrives after the end still runs, on the thread that brings it: it must find its handle closed and return at once.
package final class ThreadExecutor: SerialExecutor, Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Somebody (the thread, or a late caller) runs jobs until none is left.
        var isDriven = true
        var isShutDown = false
    }
    private enum Next {
        case run([UnownedJob])
        case wait
        case leave
    }
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    package init() throws(ThreadUnavailable) {
        let errno = start()
        guard errno == 0 else { throw ThreadUnavailable(errno: errno) }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The job may be the one that lets go of the actor, and so of this executor, while we still use it here.
        let kept = Unmanaged.passRetained(self)
        defer { kept.release() }
        let job = UnownedJob(job)
        let mustDrive = state.withLock { state in
            state.jobs.append(job)
            defer { state.isDriven = true }
            return !state.isDriven
        }
        if mustDrive { drive() } else { wakeUp.signal() }
    }

    /// Ends the thread once it has run what was handed to it. Does not wait for that, so it may be called from a job.
    package func shutDown() {
        state.withLock { $0.isShutDown = true }
        wakeUp.signal()
    }

    private func drive() {
        while true {
            switch next() {
            case .run(let jobs):
                for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            case .wait:
                wakeUp.wait()
            case .leave:
                return
            }
        }
    }

    private func next() -> Next {
        state.withLock { state in
            if !state.jobs.isEmpty {
                defer { state.jobs.removeAll() }
                return .run(state.jobs)
            }
            guard state.isShutDown else { return .wait }
            state.isDriven = false
            return .leave
        }
    }

    /// The system's error number, 0 when the thread runs.
    private func start() -> Int32 {
        let executor = Unmanaged.passRetained(self)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The resolver and a TLS handshake stay far below this; the default of 8 MB would be charged for every connection.
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var thread = pthread_t()
        let errno = pthread_create(
            &thread, &attributes,
            { argument in
                // Signals belong to the threads that wait for them, never to one inside a C library.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                guard let argument else { return nil }
                Unmanaged<ThreadExecutor>.fromOpaque(argument).takeRetainedValue().drive()
                return nil
            }, executor.toOpaque())
        if errno != 0 { executor.release() }
        return errno
    }
}

/// The system refused another thread.
package struct ThreadUnavailable: Error {
    package let errno: Int32
}
