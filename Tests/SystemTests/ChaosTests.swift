import Foundation
import LocalStack
import Logging
import Postgres
import Primitives
import TestSupport
import Testing

extension TheSystem {
    /// `voicera chaos` as it is shipped: short runs, for the long ones see CONTRIBUTING.
    @Suite(.serialized)
    struct Chaos {
        private struct Report: Decodable {
            var passed: Bool
            var acceptedJobs: Int
            var acceptedEvents: Int
            var jobsLost: Int
            var unexplainedDuplicates: Int
            var duplicates: Int
            var recoveryTimeS: Double
            var differences: [String]
            var complaints: [String]
            var faults: [Fault]

            struct Fault: Decodable {
                var kind: String
            }
        }

        private static func start(_ arguments: [String]) throws -> ChildProcess {
            try ChildProcess.voicera(["chaos", "--json"] + arguments, environment: ["VOICERA_FAULT_POINT": nil])
        }

        private static func report(of process: ChildProcess) throws -> Report {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Report.self, from: Data(process.outputLines.joined(separator: "\n").utf8))
        }

        @Test func `a seed of every cheap fault loses nothing`() async throws {
            let faults = "worker-kill,api-kill,scheduler-kill,redis-kill,flush,snapshot,rewind,postgres-crash,cut,tear,delay"
            let process = try Self.start(["--seed", "20", "--seconds", "25", "--rate", "25", "--faults", faults])
            let ending = try await process.wait(within: .seconds(180))
            let report = try Self.report(of: process)
            #expect(ending == .exited(0), "\(report.complaints)")
            #expect(report.passed && report.jobsLost == 0 && report.unexplainedDuplicates == 0 && report.differences == [])
            #expect(report.acceptedJobs > 100 && report.acceptedEvents > 100)
            #expect(report.faults.count >= 6)
            note("chaos: \(report.faults.count) faults, \(report.acceptedJobs) jobs and \(report.acceptedEvents) events, recovery \(report.recoveryTimeS) s")
        }

        /// All workers live through these, so law 4 has no excuse.
        @Test func `a lost index and a restarted ledger repeat no delivery`() async throws {
            let faults = "redis-kill,redis-empty,flush,snapshot,rewind,postgres-crash,postgres-restart,scheduler-kill,api-kill"
            let process = try Self.start(["--seed", "4", "--seconds", "20", "--rate", "25", "--faults", faults])
            let ending = try await process.wait(within: .seconds(180))
            let report = try Self.report(of: process)
            #expect(ending == .exited(0), "\(report.complaints)")
            #expect(report.jobsLost == 0 && report.duplicates == 0)
        }

        @Test func `a job that is taken out of the ledger is counted as lost`() async throws {
            let process = try Self.start(["--seed", "1", "--seconds", "5", "--rate", "20", "--faults", "none"])
            let line = try await process.waitForLine(containing: "folder ", within: .seconds(30))
            let folder = try #require(line.split(separator: " ").last)
            try await Self.meddle(
                "DELETE FROM jobs WHERE id = (SELECT id FROM jobs WHERE state = 'succeeded' AND kind = 'noop' LIMIT 1) RETURNING id", in: folder)
            #expect(try await process.wait(within: .seconds(120)) == .exited(1))
            let report = try Self.report(of: process)
            #expect(!report.passed && report.jobsLost == 1)
            #expect(report.differences.contains { $0.contains("succeeded, counted and rows") })
        }

        /// The books go on balancing: only the receiver can tell.
        @Test func `a delivery that was made twice without a fault fails the run`() async throws {
            let process = try Self.start(["--seed", "1", "--seconds", "5", "--rate", "20", "--faults", "none"])
            let line = try await process.waitForLine(containing: "folder ", within: .seconds(30))
            let folder = try #require(line.split(separator: " ").last)
            let repetition = """
                WITH again AS (
                    UPDATE jobs SET state = 'pending', attempt = attempt + 1, settled_at = NULL, run_at = now()
                    WHERE id = (SELECT id FROM jobs WHERE state = 'succeeded' AND kind = 'webhook.deliver' LIMIT 1) RETURNING id),
                counted AS (UPDATE ledger_counters SET succeeded = succeeded - (SELECT count(*) FROM again) WHERE slot = 0)
                SELECT id FROM again
                """
            try await Self.meddle(repetition, in: folder)
            #expect(try await process.wait(within: .seconds(120)) == .exited(1))
            let report = try Self.report(of: process)
            #expect(!report.passed && report.unexplainedDuplicates == 1 && report.jobsLost == 0, "\(report.complaints)")
            #expect(report.differences == [])
        }

        /// Changes a row of the ledger behind the system's back.
        private static func meddle(_ sql: String, in folder: Substring) async throws {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let pool = PostgresPool(try PostgresConfiguration(url: "postgres://voicera@/voicera?host=\(folder)/postgres"), logger: logger)
            try await eventually("a job has succeeded and is changed", within: .seconds(60)) { (try? await pool.query(sql).first) ?? nil != nil }
        }
    }
}
