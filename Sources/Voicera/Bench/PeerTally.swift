import ArgumentParser
import Foundation
import Glibc
import Ledger
import Primitives

/// The driver's two files of a worker process: the number of jobs done, and how long each stamped one waited.
final class PeerTally: Sendable {
    private let count: Int32
    private let waits: Int32
    /// What `BenchSystem.enqueueOne` stamps.
    static let stamp = "{\"sentAt\":"

    init(folder: String) throws {
        let name = "\(folder)/\(getpid())"
        count = open(name + ".cnt", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        waits = open(name + ".lat", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard count >= 0, waits >= 0 else { throw ValidationError("\(folder) cannot be written to") }
    }

    func set(_ done: Int64) {
        var bytes = done.littleEndian
        pwrite(count, &bytes, 8, 0)
    }

    func noteStart(_ job: RunnableJob) {
        guard job.payload.hasPrefix(Self.stamp), let sent = Double(job.payload.dropFirst(Self.stamp.count).dropLast()) else { return }
        let line = Array("\(Date.now.timeIntervalSince1970 - sent)\n".utf8)
        write(waits, line, line.count)
    }
}
