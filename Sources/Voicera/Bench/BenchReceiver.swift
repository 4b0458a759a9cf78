import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A receiver in a process of its own, so that its work is not counted as ours. It answers from memory, on one thread, and remembers every
/// `webhook-id`.
struct BenchReceiverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-receiver", shouldDisplay: false)

    /// The first line it prints has its port; the second comes when its standard input ends.
    struct Tally: Codable {
        var total: Int
        var distinct: Int
    }

    func run() async throws {
        let log = ReceptionLog()
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(BenchReceiverHandler(log: log)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        printNow("\(server.localAddress?.port ?? 0)")
        while readLine() != nil {}
        printNow(String(decoding: try JSONEncoder().encode(log.tally), as: UTF8.self))
        try await loops.shutdownGracefully()
    }
}

/// Every request that came.
final class ReceptionLog: Sendable {
    private let seen = Mutex<(total: Int, ids: Set<String>)>((0, []))

    func note(_ id: String) {
        seen.withLock { seen in
            seen.total += 1
            seen.ids.insert(id)
        }
    }

    var tally: BenchReceiverCommand.Tally { seen.withLock { BenchReceiverCommand.Tally(total: $0.total, distinct: $0.ids.count) } }
}

/// The receiver's process, as the bench sees it.
struct BenchReceiver {
    let url: String
    private let process: Process
    private let input: Pipe
    private let output: FileHandle

    static func start() async throws -> BenchReceiver {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench-receiver"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let port = output.fileHandleForReading.readLine()
        return BenchReceiver(url: "http://127.0.0.1:\(port)/hook", process: process, input: input, output: output.fileHandleForReading)
    }

    func stop() async throws -> BenchReceiverCommand.Tally {
        try input.fileHandleForWriting.close()
        let line = output.readLine()
        process.waitUntilExit()
        return try JSONDecoder().decode(BenchReceiverCommand.Tally.self, from: Data(line.utf8))
    }
}

extension FileHandle {
    /// Up to the end of the line; the two lines of a receiver are short.
    fileprivate func readLine() -> String {
        var bytes: [UInt8] = []
        while let byte = try? read(upToCount: 1)?.first, byte != 0x0a { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
