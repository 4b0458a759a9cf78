import Foundation
import Glibc
import LocalStack

/// A file system of a few megabytes for Redis, which can be filled. It is mounted where no other process of the machine sees it.
package struct SmallDisk: Sendable {
    private static let size = "192m"
    let path: String

    private var ballast: String { path + "/ballast" }

    /// Nil where mounting is not allowed.
    static func make(at path: String) async throws -> SmallDisk? {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        return await run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(size),mode=711", "voicera-chaos", path]) ? SmallDisk(path: path) : nil
    }

    /// Until there is no byte left.
    func fill() {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        var piece = [UInt8](repeating: 0x2a, count: 1 << 20)
        while !piece.isEmpty {
            if write(file, piece, piece.count) < 0 { piece.removeLast((piece.count + 1) / 2) }
        }
    }

    func free() { unlink(ballast) }

    func remove() async { _ = await Self.run("/usr/bin/umount", ["-l", path]) }

    /// Whether this machine lets us have mounts of our own.
    package static func mountsAreAllowed() async -> Bool {
        guard geteuid() == 0 else { return false }
        return await run("/usr/bin/unshare", ["--mount", "--propagation", "private", "/usr/bin/mount", "-t", "tmpfs", "voicera-chaos", "/mnt"])
    }

    private static func run(_ program: String, _ arguments: [String]) async -> Bool {
        guard let process = try? SpawnedProcess(SpawnedProcess.Plan(program, arguments)) else { return false }
        while process.ending == nil { try? await Task.sleep(for: .milliseconds(5)) }
        return process.ending == .exited(0)
    }
}
