internal import CLibCurl
internal import Glibc

/// One file of CA certificates for curl: the system's, and the operator's own after them.
///
/// One path for all transfers, because libcurl keeps the parsed certificates (10 ms of CPU) only for a path that stays the same, and only without a CApath.
/// With additions the file lives in memory, reached through /proc, and goes with this object.
final class TrustRoots: Sendable {
    let path: String?
    private let descriptor: Int32

    /// - Throws: `tlsError` when a file cannot be read: a client that trusts less than configured would fail every delivery later.
    init(additional: String?) throws(DeliveryError) {
        let system = unsafe voicera_system_roots().map { unsafe String(cString: $0) }
        guard let additional else {
            path = system
            descriptor = -1
            return
        }
        let descriptor = unsafe voicera_anonymous_file("trust-roots")
        guard descriptor >= 0 else { throw DeliveryError(.localLimit, "no descriptor for the trust roots") }
        for source in [system, additional] {
            guard let source else { continue }
            guard Self.append(source, to: descriptor) else {
                close(descriptor)
                throw DeliveryError(.tlsError, "the trust roots cannot be read")
            }
        }
        self.descriptor = descriptor
        path = "/proc/self/fd/\(descriptor)"
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func append(_ path: String, to target: Int32) -> Bool {
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { return false }
        defer { close(source) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe read(source, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0, unsafe write(target, buffer, count) == count else { return false }
        }
        // A file without a final newline would glue two certificates together.
        return unsafe write(target, "\n", 1) == 1
    }
}
