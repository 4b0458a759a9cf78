import Queue
import ServiceLifecycle

/// A worker's runners as one service. A service group stops its members one after another, each to its end: runners that were members
/// themselves would go on claiming in one queue while another one drains, and a stop would take as long as all their drains together.
struct RunnerCrew: Service {
    let runners: [QueueRunner]
    let reporter: WorkerReporter

    func run() async throws {
        // Before the first claim: a rebuild waits for the workers that it knows of.
        await reporter.report()
        try await withThrowingDiscardingTaskGroup { group in
            for runner in runners { group.addTask { try await runner.run() } }
        }
    }
}
