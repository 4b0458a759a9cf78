import Foundation
import Glibc

/// Which of our processes is at the other end of a connection to a port of this machine: by the tables of the kernel, since nothing in a
/// delivery says which worker sent it.
enum PeerOwner {
    /// - Parameters:
    ///   - port: of the other end.
    ///   - ours: of this end.
    static func name(of port: Int, to ours: Int, among processes: [(pid: Int32, name: String)]) -> String? {
        guard let inode = inode(of: port, to: ours) else { return nil }
        let wanted = "socket:[\(inode)]"
        return processes.first { process in
            let folder = "/proc/\(process.pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.contains { target(of: folder + "/" + $0) == wanted }
        }?.name
    }

    /// Of the client's socket: the line of the table whose local end is the port and whose remote end is ours.
    private static func inode(of port: Int, to ours: Int) -> String? {
        var table = table()
        table.append(0)
        let wanted = "0100007F:\(hexadecimal(port)) 0100007F:\(hexadecimal(ours)) "
        return table.withUnsafeBufferPointer { bytes -> String? in
            guard let text = bytes.baseAddress, let found = strstr(text, wanted) else { return nil }
            // State, queues, timer, retransmissions, user, timeouts, inode.
            let rest = String(cString: found + wanted.utf8.count).prefix(120).split(separator: " ")
            return rest.count > 6 ? String(rest[6]) : nil
        }
    }

    /// Read to its end by hand: what stands in /proc has no size that could be asked for first.
    private static func table() -> [CChar] {
        let file = open("/proc/self/net/tcp", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var all: [CChar] = []
        var piece = [CChar](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { return all }
            all += piece[..<count]
        }
    }

    private static func hexadecimal(_ port: Int) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
