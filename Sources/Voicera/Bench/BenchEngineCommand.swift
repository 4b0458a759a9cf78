import ArgumentParser
import Foundation
import Primitives

struct BenchEngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Measure enqueue, no-op jobs, deliveries and latency on this machine.",
        discussion: """
            Starts a private Redis (appendonly, fsync every second) and PostgreSQL (fsync on) unless URLs are given, and runs API writers, worker and \
            scheduler in this process. Every job is committed before it is counted as accepted, and its result before it is counted as done.
            """)

    @Option(help: "No-op jobs of a drain; 0 leaves them out.") var jobs = 50_000
    @Option(help: "Signed deliveries of 500 bytes to a receiver on this machine.") var deliveries = 20_000
    @Option(help: "Deliver to this URL, whose server answers from memory, instead of to a receiver of our own that counts what arrives.") var receiver: String?
    @Option(help: "Only the profile of this name, default or tuned.") var profile: String?
    @Option(help: "Attempts at once instead of the profile's, as webhooks=500,default=64.") var slots: String?
    @Option(help: "Ids a lane holds in Redis instead of the profile's number.") var window: Int?
    @Option(help: "Commits at once of each writer instead of the profile's number.") var commits: Int?
    @Option(help: "Seconds of the latency measurement, at 100 jobs a second.") var latencySeconds = 10
    @Option(help: "Runs of each measurement; the median is printed.") var rounds = 3
    @Option(help: "Use this PostgreSQL.") var postgres: String?
    @Option(help: "Use this Redis.") var redis: String?
    @Flag(help: "Instead: what a job costs the stores with up to 10 million waiting, and in up to 100,000 lanes.") var growth = false
    @Flag(help: "Instead: what one tenant of a hundred can do to the others.") var fairness = false
    @Flag(help: "Instead: a `voicera up` and a worker with nothing to do.") var idle = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard jobs >= 0, deliveries >= 0, latencySeconds >= 0, (1...100).contains(rounds) else {
            throw ValidationError("counts must be positive, rounds 1 to 100")
        }
        guard [growth, fairness, idle].filter(\.self).count < 2 else { throw ValidationError("--growth, --fairness and --idle are measurements of their own") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/voicera-bench-\(IdentifierSource.system.next().description.suffix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        let result: Result<BenchResult, any Error>
        do { result = .success(try await measure(in: folder)) } catch { result = .failure(error) }
        try? FileManager.default.removeItem(atPath: folder)
        let measured = try result.get()
        print(json ? try measured.json : measured.text)
        guard measured.isExact else { throw ExitCode(1) }
    }

    private func measure(in folder: String) async throws -> BenchResult {
        if idle {
            var table = BenchTable("idle", columns: BenchIdle.columns)
            for round in 1...rounds {
                for (name, figures) in try await BenchIdle.measure(seconds: 30, in: folder + "/\(round)") { table.add(name, figures) }
            }
            return BenchResult(table)
        }
        let stack = try await Stack.start(in: folder, postgres: postgres, redis: redis)
        let result: Result<BenchResult, any Error>
        do {
            if growth {
                result = .success(BenchResult(try await measureGrowth(on: stack)))
            } else if fairness {
                result = .success(BenchResult(try await measureFairness(on: stack)))
            } else {
                result = .success(BenchResult(try await measure(on: stack)))
            }
        } catch {
            result = .failure(error)
        }
        await stack.stop()
        return try result.get()
    }

    private func measure(on stack: Stack) async throws -> BenchReport {
        // Observed as in production, so that the figures hold there.
        _ = ProcessMetrics.registry
        var report = BenchReport(machine: .current, stores: stack.pids.isEmpty ? "given by URL" : "private, fsync on, appendonly everysec")
        for profile in try profiles() {
            for _ in 0..<rounds {
                try await BenchSystem.run(on: stack, profile: profile) { system in
                    if jobs > 0 { try await measureJobs(of: system, profile, into: &report) }
                    if deliveries > 0 {
                        let drained = try await system.drainDeliveries(deliveries, to: receiver)
                        report.add("events published", drained.published, profile)
                        report.add("deliveries drained", drained.delivered, profile)
                        report.add("deliveries end to end", try await system.deliver(deliveries, to: receiver), profile)
                    }
                    if profile.isDefault, latencySeconds > 0 { report.latencies += try await system.latency(seconds: latencySeconds, perSecond: 100) }
                    report.differences += try await system.audit()
                }
            }
        }
        return report
    }

    private func profiles() throws -> [BenchProfile] {
        let slots = try Environment.slots(slots)
        return BenchProfile.all.filter { profile ?? $0.name == $0.name }.map { known in
            var profile = known
            profile.slots.merge(slots) { $1 }
            profile.window = window ?? known.window
            profile.commits = commits ?? known.commits
            return profile
        }
    }

    private func measureJobs(of system: BenchSystem, _ profile: BenchProfile, into report: inout BenchReport) async throws {
        if profile.isDefault { report.add("enqueue one by one, 64 callers", try await system.enqueue(jobs / 4, perRequest: 1, callers: 64)) }
        report.add("enqueue 1,000 a request", try await system.enqueue(jobs, perRequest: 1000, callers: 4), profile)
        report.add("no-op drained", try await system.drain(), profile)
        report.add("no-op end to end", try await system.stream(jobs, callers: 512), profile)
    }
}
