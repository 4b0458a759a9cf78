import ArgumentParser
import Foundation

struct BenchWebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Events through the whole path to a receiver that fails and dawdles a little: every one accounted for.",
        discussion: """
            Writers, workers and scheduler run in this process on a private Redis (appendonly) and PostgreSQL (fsync on), the receiver in one of its own. \
            A failing delivery is tried twice and then dead. Exits with 1 when accepted is not delivered and dead, by the ledger and by the receiver.
            """)

    @Option(help: "Events, one delivery each.") var events = 1_000_000
    @Option(help: "Of a hundred deliveries, so many are answered with 500, every time.") var failing = 1
    @Option(help: "Of a hundred deliveries, so many are answered late.") var slow = 1
    @Option(help: "How late, in milliseconds.") var delay = 500
    @Option(help: "Events that may be accepted and not yet sent.") var ahead = 2000
    @OptionGroup var stores: BenchStores
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard events >= 10, ahead >= 1, delay >= 0, failing >= 0, slow >= 0, failing + slow <= 100 else {
            throw ValidationError("at least ten events, and shares of a hundred")
        }
    }

    func run() async throws {
        let plan = BenchSystem.WebhookPlan(events: events, failing: failing, slow: slow, delay: delay, ahead: ahead)
        let report = try await stores.withStack { stack -> WebhookReport in
            _ = ProcessMetrics.registry
            var report = WebhookReport(plan: plan)
            try await BenchSystem.run(on: stack, profile: .standard, attempts: 2) { report = try await $0.webhooks(plan) }
            return report
        }
        print(json ? try report.json : report.text)
        guard report.isExact else { throw ExitCode(1) }
    }
}
