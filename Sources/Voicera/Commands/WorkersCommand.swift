import ArgumentParser
import Foundation
import Ledger

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "workers", abstract: "Worker processes that were heard of in the last seconds.")

    @OptionGroup var stores: StoreOptions

    func run() async throws {
        let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
        try await withPool(pool) {
            let workers = try await WorkerTable(pool: pool).list()
            for worker in workers {
                let started = Date(timeIntervalSince1970: Double(worker.startedAt) / 1e6).formatted(.iso8601)
                print("\(worker.id)  \(worker.host) pid \(worker.pid)  version \(worker.release)  since \(started)  \(worker.queues)")
            }
            if workers.isEmpty { print("none: jobs are accepted and wait") }
        }
    }
}
