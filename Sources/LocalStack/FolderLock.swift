import Glibc
import Synchronization

/// Keeps two live processes of ours from running one data folder. The lock goes with its holder, however that ends; the server does not inherit it.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(folder: String) throws(LocalStackError) {
        let path = "\(folder)/lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw LocalStackError(.folder, "cannot open \(path): \(systemMessage())") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw LocalStackError(.folderInUse, "another process uses \(folder)")
        }
        descriptor = Mutex(opened)
    }

    func release() {
        descriptor.withLock { opened in
            if opened >= 0 { close(opened) }
            opened = -1
        }
    }

    deinit { release() }
}
