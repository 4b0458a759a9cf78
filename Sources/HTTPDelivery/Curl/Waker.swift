internal import CLibCurl
internal import Glibc

/// An eventfd that ends the loop's wait: any thread may ring it.
final class Waker: Sendable {
    let descriptor: Int32

    /// Nil when the process has no descriptor left.
    init?() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        if descriptor < 0 { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func ring() { _ = eventfd_write(descriptor, 1) }

    func drain() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &count)
    }
}
