import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// A receiver in a process of its own, so that its work is not counted as ours. It answers from memory, on one thread, and remembers every
/// `webhook-id`.
struct BenchReceiverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-receiver", shouldDisplay: false)

    @Option var failing = 0
    @Option var slow = 0
    @Option var delay = 500

    /// The first line it prints has its port; the second, a `ReceiverTally`, comes when its standard input ends.
    func run() async throws {
        let log = ReceptionLog()
        let behaviour = ReceiverBehaviour(failing: failing, slow: slow, delay: .milliseconds(Int64(delay)))
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(BenchReceiverHandler(log: log, behaviour: behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        printNow("\(server.localAddress?.port ?? 0)")
        while readLine() != nil {}
        printNow(String(decoding: try JSONEncoder().encode(log.tally), as: UTF8.self))
        try await loops.shutdownGracefully()
    }
}

/// The receiver's process, as the bench sees it.
struct BenchReceiver {
    let base: String
    private let process: Process
    private let input: Pipe
    private let output: FileHandle

    var url: String { base + ReceiverBehaviour.usualPath }

    static func start(_ behaviour: ReceiverBehaviour = ReceiverBehaviour()) async throws -> BenchReceiver {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "bench-receiver", "--failing", "\(behaviour.failing)", "--slow", "\(behaviour.slow)", "--delay",
            "\(behaviour.delay.nanoseconds / 1_000_000)",
        ]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let port = output.fileHandleForReading.readLine()
        return BenchReceiver(base: "http://127.0.0.1:\(port)", process: process, input: input, output: output.fileHandleForReading)
    }

    func stop() async throws -> ReceiverTally {
        try input.fileHandleForWriting.close()
        let line = output.readLine()
        process.waitUntilExit()
        return try JSONDecoder().decode(ReceiverTally.self, from: Data(line.utf8))
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
