import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A receiver in a process of its own, so that its work is not counted as ours. It remembers every `webhook-id`.
struct BenchReceiverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-receiver", shouldDisplay: false)

    /// The first line it prints, with its port; the second comes when it is told to stop.
    struct Tally: Codable {
        var total: Int
        var distinct: Int
    }

    func run() async throws {
        let seen = Mutex<(total: Int, ids: Set<String>)>((0, []))
        var logger = Logger(label: "receiver") { _ in JSONLogHandler() }
        logger.logLevel = .error
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                for try await _ in request.body {}
                let id = request.headers.first { $0.name.canonicalName == "webhook-id" }?.value ?? ""
                seen.withLock { seen in
                    seen.total += 1
                    seen.ids.insert(id)
                }
                return Response(status: .ok)
            },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in printNow("\(channel.localAddress?.port ?? 0)") },
            logger: logger)
        try await application.runService()
        let tally = seen.withLock { Tally(total: $0.total, distinct: $0.ids.count) }
        printNow(String(decoding: try JSONEncoder().encode(tally), as: UTF8.self))
    }
}

/// The receiver's process, as the bench sees it.
struct BenchReceiver {
    let url: String
    private let process: Process
    private let output: FileHandle

    static func start() async throws -> BenchReceiver {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench-receiver"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let port = pipe.fileHandleForReading.readLine()
        return BenchReceiver(url: "http://127.0.0.1:\(port)/hook", process: process, output: pipe.fileHandleForReading)
    }

    func stop() async throws -> BenchReceiverCommand.Tally {
        process.terminate()
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
