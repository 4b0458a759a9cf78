import ArgumentParser
import Chaos
import Foundation
import Glibc
import LocalStack
import Primitives

struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Put a private system to the test: load, faults by a seeded schedule, and a count of what was lost.",
        discussion: """
            Starts a private Redis and PostgreSQL and real worker, scheduler and api processes in a temporary folder, each behind links that can be cut. \
            Exits with 0 when nothing accepted was lost, nothing was delivered twice without a fault that explains it, the audit balances and every \
            recovery was within the bound; with 1 when not; with 2 when it could not run. Faults: \
            \(FaultKind.allCases.map { "\($0.rawValue) (\($0.summary))" }.joined(separator: ", ")).
            """)

    @Option(help: "Decides faults and load; a random one when left out. It is printed.") var seed: UInt64?
    @Option(help: "Seconds of faults.") var seconds = 60
    @Option(help: "Requests a second.") var rate = 40
    @Option(help: "Comma-separated kinds of faults, or all, or none.") var faults = "all"
    @Option(help: "Endpoints that events go to.") var endpoints = 8
    @Option(help: "Worker processes.") var workers = 3
    @Option(help: "Scheduler processes.") var schedulers = 2
    @Option(help: "API processes.") var apis = 2
    @Option(help: "Longest recovery that passes, in seconds.") var recoveryBound = 30
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Keep the folder, with the logs of all processes.") var keep = false
    @Flag(help: .hidden) var ownMounts = false

    func validate() throws {
        _ = try kinds()
        guard (1...86_400).contains(seconds), (1...10_000).contains(rate), (1...1000).contains(endpoints), (1...64).contains(workers),
            (1...16).contains(schedulers), (1...16).contains(apis), recoveryBound > 0
        else { throw ValidationError("seconds 1 to 86400, rate 1 to 10000, endpoints 1 to 1000, workers 1 to 64, schedulers and apis 1 to 16") }
    }

    func run() async throws {
        let kinds = try kinds()
        let mayMount = ownMounts ? true : kinds.contains(.diskFull) ? await SmallDisk.mountsAreAllowed() : false
        // Mounts that nobody else sees, and that end with the last process that does.
        if mayMount, !ownMounts { Self.startAgainWithOwnMounts() }
        let plan = ChaosPlan(
            seed: seed ?? UInt64.random(in: 1...999_999), length: .seconds(seconds), rate: rate, endpoints: endpoints,
            shape: FleetShape(workers: workers, schedulers: schedulers, apis: apis), kinds: kinds, recoveryBound: .seconds(recoveryBound),
            keepsFolder: keep, program: Self.program, mayMount: ownMounts)
        let report: ChaosReport
        do {
            report = try await ChaosRun(plan) { line in try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8)) }.run()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("seed \(plan.seed): the run could not be made: \(error)\n".utf8))
            throw ExitCode(2)
        }
        printNow(json ? try report.json() : report.text)
        if !report.passed { throw ExitCode(1) }
    }

    private func kinds() throws -> [FaultKind] {
        if faults == "all" { return FaultKind.allCases }
        if faults == "none" { return [] }
        return try faults.split(separator: ",").map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ValidationError("\(name) is no fault; there are \(FaultKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return kind
        }
    }

    private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path

    /// Returns when that could not be done.
    private static func startAgainWithOwnMounts() {
        let words = ["/usr/bin/unshare", "--mount", "--propagation", "private", program] + CommandLine.arguments.dropFirst() + ["--own-mounts"]
        var arguments = words.map { strdup($0) }
        arguments.append(nil)
        execv(words[0], arguments)
        for word in arguments { free(word) }
    }
}
