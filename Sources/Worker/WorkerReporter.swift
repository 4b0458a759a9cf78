import Glibc
import Ledger
import Logging
import Primitives
import Queue
import ServiceLifecycle

/// Says every few seconds that this process is there and what it does, for operators to see.
struct WorkerReporter: Service {
    let table: WorkerTable
    let id: Identifier
    let release: String
    let runners: [QueueRunner]
    let logger: Logger

    private static let pause = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                await report()
            }
        }
        try? await table.leave(id)
    }

    func report() async {
        var load: [String: (slots: Int, active: Int)] = [:]
        for runner in runners {
            let (slots, active) = runner.load
            load[runner.queue, default: (0, 0)].slots += slots
            load[runner.queue, default: (0, 0)].active += active
        }
        // Names of queues are ours and need no escaping.
        let queues = load.sorted { $0.key < $1.key }.map { "\"\($0.key)\":{\"slots\":\($0.value.slots),\"active\":\($0.value.active)}" }
        do {
            try await table.report(
                id, host: Self.host, pid: getpid(), release: release, queues: "{\(queues.joined(separator: ","))}")
        } catch {
            if !Task.isCancelled { logger.debug("the worker could not report itself", metadata: ["error": "\(error)"]) }
        }
    }

    private static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
