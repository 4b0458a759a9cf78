import ArgumentParser
import Foundation
import Ledger
import Primitives
import Queue
import Redis
import ServiceLifecycle

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Check that the books balance, the log has every attempt, and the index every due job.",
        discussion: "Exits with 1 on a difference.")

    @OptionGroup var stores: StoreOptions
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Leave the index out, for when Redis is away.")
    var ledgerOnly = false

    private struct Report: Encodable {
        var balanced: Bool
        var books: Audit.Books
        var index: IndexAudit.Finding?
        var differences: [String]
    }

    func run() async throws {
        let logger = try Environment.logger()
        let pool = try stores.makePool(logger: logger, connections: 2)
        let redis = ledgerOnly ? nil : try stores.makeRedis(logger: logger)
        let report = try await withPool(pool) {
            let books = try await Audit(pool: pool).books()
            var differences = books.differences
            var index: IndexAudit.Finding?
            if let redis {
                index = try await withThrowingTaskGroup { group in
                    group.addTask { try await redis.run() }
                    defer { group.cancelAll() }
                    return try await IndexAudit(map: QueueMap(), redis: redis, waiting: WaitingJobs(pool: pool)).look()
                }
                differences += index?.differences ?? []
            }
            return Report(balanced: differences.isEmpty, books: books, index: index, differences: differences)
        }
        try show(report)
        if !report.balanced { throw ExitCode(1) }
    }

    private func show(_ report: Report) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
            return
        }
        let books = report.books
        print("accepted \(books.accepted) = succeeded \(books.succeeded) + dead \(books.dead) + cancelled \(books.cancelled) + pending \(books.pending)")
        print("attempts \(books.attempts), logged \(books.attemptRows)")
        if let index = report.index { print("lanes with due jobs \(index.lanes), overflowing \(index.overflowing), jobs unknown to the index \(index.missing)") }
        print(report.balanced ? "the books balance" : report.differences.map { "DIFFERENCE  \($0)" }.joined(separator: "\n"))
    }
}
