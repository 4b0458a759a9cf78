import Foundation
import Glibc

/// Which of our processes is at the other end of a connection to a port of this machine: by the tables of the kernel, since nothing in a
/// delivery says which worker sent it.
enum PeerOwner {
    /// - Parameter port: of the other end.
    static func name(of port: Int, among processes: [(pid: Int32, name: String)]) -> String? {
        guard let inode = inode(of: port) else { return nil }
        let wanted = "socket:[\(inode)]"
        return processes.first { process in
            let folder = "/proc/\(process.pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.contains { target(of: folder + "/" + $0) == wanted }
        }?.name
    }

    private static func inode(of port: Int) -> Substring? {
        let text = (try? String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)) ?? ""
        let wanted = ":" + String(repeating: "0", count: max(0, 4 - String(port, radix: 16).count)) + String(port, radix: 16, uppercase: true)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            // Slot, local address, other address, state, queues, timer, retransmissions, user, timeouts, inode.
            if fields.count > 9, fields[1].hasSuffix(wanted) { return fields[9] }
        }
        return nil
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
