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
            guard opened >= 0 else { return }
            // Said, not left to `close`: a child that is between its fork and its program shares the lock for that moment.
            flock(opened, LOCK_UN)
            close(opened)
            opened = -1
        }
    }

    deinit { release() }
}
