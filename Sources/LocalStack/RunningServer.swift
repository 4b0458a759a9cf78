import FoundationEssentials
import Glibc
import Synchronization

/// What both servers share: at most one process for a folder, made, watched and ended here.
final class RunningServer: Sendable {
    let folder: ServerFolder
    private let name: String
    private let startLimit: Duration
    private let lock: FolderLock
    private let process = Mutex<ServerProcess?>(nil)

    init(_ name: String, in directory: String, lifetime: ServerLifetime, startLimit: Duration) throws(LocalStackError) {
        self.name = name
        self.startLimit = startLimit
        folder = try ServerFolder(directory, lifetime: lifetime)
        lock = try FolderLock(folder: folder.path)
    }

    var pid: Int32 { process.withLock { $0?.pid } ?? 0 }
    var isRunning: Bool { process.withLock { $0?.isRunning } ?? false }

    func signal(_ number: Int32) { process.withLock { $0?.signal(number) } }
    func releaseFolder() { lock.release() }

    func end(_ signal: Int32, patience: Duration) async {
        // Out of the lock: ending takes seconds.
        guard let running = process.withLock(\.self) else { return }
        await running.end(signal, patience: patience)
        process.withLock { $0 = nil }
    }

    /// Takes over the process that an earlier run left behind, or removes the pid file of a dead one.
    ///
    /// - Parameter home: the server's working folder, by which a recycled pid is told from it.
    /// - Returns: false when there is none.
    func adopt(pidFile: String, home: String, isReady: () async throws(LocalStackError) -> Bool) async throws(LocalStackError) -> Bool {
        guard let text = try? String(contentsOfFile: pidFile, encoding: .utf8) else { return false }
        guard let pid = text.split(whereSeparator: \.isNewline).first.flatMap({ Int32($0) }), let identity = ProcessIdentity(pid: pid),
            identity.isRunning, identity.isIn(folder: home)
        else {
            unlink(pidFile)
            return false
        }
        let found = ServerProcess.adopted(identity)
        found.signal(SIGCONT)
        process.withLock { $0 = found }
        try await awaitAnswer(of: found, isReady: isReady)
        return true
    }

    /// Returns when it is ready; when it fails, nothing is left running.
    func launch(_ plan: SpawnedProcess.Plan, isReady: () async throws(LocalStackError) -> Bool) async throws(LocalStackError) {
        var plan = plan
        plan.output = .file(folder.log)
        plan.errors = .file(folder.log)
        let spawned = ServerProcess.spawned(try SpawnedProcess(plan))
        process.withLock { $0 = spawned }
        do throws(LocalStackError) { try await awaitAnswer(of: spawned, isReady: isReady) } catch {
            await end(SIGKILL, patience: .seconds(5))
            throw error
        }
    }

    private func awaitAnswer(of server: ServerProcess, isReady: () async throws(LocalStackError) -> Bool) async throws(LocalStackError) {
        let deadline = ContinuousClock.now + startLimit
        while try await !isReady() {
            guard server.isRunning else { throw LocalStackError(.startFailed, "\(name) ended while it started", logTail: folder.logTail()) }
            guard ContinuousClock.now < deadline else {
                throw LocalStackError(.notReady, "\(name) (pid \(server.pid)) did not answer within \(startLimit)", logTail: folder.logTail())
            }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { throw LocalStackError(.cancelled, "cancelled while \(name) started") }
        }
    }
}
