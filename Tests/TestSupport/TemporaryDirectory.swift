import FoundationEssentials
import Glibc
package import LocalStack

/// A folder for one test; it goes with the value's last copy, and with the test process at the latest.
package struct TemporaryDirectory: Sendable {
    package let path: String
    private let remover: Remover

    package init() throws(LocalStackError) {
        path = try makeTemporaryFolder("/tmp/voicera-test-")
        remover = Remover(path)
        // PostgreSQL, which root runs as another user, has to get through.
        if geteuid() == 0 { chmod(path, 0o711) }
        try ParentGuard.remove(path)
    }

    private final class Remover: Sendable {
        private let path: String
        init(_ path: String) { self.path = path }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }
}
