import CoreMetrics
import Ledger
import Primitives
import Synchronization

/// What a runner tells of its work. Handles are made once; a step costs a few additions for all that it brought, an attempt one look for its kind.
final class RunnerMetrics: Sendable {
    private let queue: String
    /// Whoever observed when the runner was made also gets the kinds that it meets later.
    private let factory = MetricsSystem.factory
    private let firstHand: Counter
    private let secondHand: Counter
    private let reclaimed: Counter
    private let answers: [StepLabel: Counter]
    private let stepTime: CoreMetrics.Timer
    private let waits: CoreMetrics.Timer
    private let refusals: Counter
    private let leasesLost: Counter
    private let jobsLost: Counter
    private let kinds = Mutex<[String: KindMetrics]>([:])

    enum StepLabel: String, CaseIterable {
        case stepped, stranger, recovering, lost, failed
    }

    /// All jobs of kinds that this process does not have, so that what a client writes never becomes a label.
    static let unknownKind = "unknown"

    init(queue: String) {
        self.queue = queue
        let label = ("queue", queue)
        firstHand = Counter(label: "voicera_jobs_claimed_total", dimensions: [label, ("hand", "first")])
        secondHand = Counter(label: "voicera_jobs_claimed_total", dimensions: [label, ("hand", "second")])
        reclaimed = Counter(label: "voicera_jobs_claimed_total", dimensions: [label, ("hand", "reclaimed")])
        answers = Dictionary(
            uniqueKeysWithValues: StepLabel.allCases.map {
                ($0, Counter(label: "voicera_index_steps_total", dimensions: [label, ("answer", $0.rawValue)]))
            })
        stepTime = CoreMetrics.Timer(label: "voicera_step_duration_seconds", dimensions: [label])
        waits = CoreMetrics.Timer(label: "voicera_job_wait_seconds", dimensions: [label])
        refusals = Counter(label: "voicera_settlements_refused_total", dimensions: [label])
        leasesLost = Counter(label: "voicera_leases_lost_total", dimensions: [label])
        jobsLost = Counter(label: "voicera_jobs_lost_to_other_workers_total", dimensions: [label])
    }

    /// - Parameter answer: nil for a step that failed.
    func stepped(_ answer: LaneIndex.StepAnswer?, took: Duration) {
        stepTime.recordNanoseconds(took.nanoseconds)
        let label: StepLabel
        switch answer {
        case .stepped(let step):
            label = .stepped
            count(step.claims)
        case .stranger: label = .stranger
        case .recovering: label = .recovering
        case .lost: label = .lost
        case nil: label = .failed
        }
        answers[label]?.increment()
    }

    private func count(_ claims: [LaneIndex.Claim]) {
        var (first, second, again) = (0, 0, 0)
        for claim in claims {
            switch claim.entry {
            case .firstHand: first += 1
            case .secondHand: second += 1
            case .reclaimed: again += 1
            }
        }
        if first > 0 { firstHand.increment(by: first) }
        if second > 0 { secondHand.increment(by: second) }
        if again > 0 { reclaimed.increment(by: again) }
    }

    /// The index knows this worker no more. Not news when the worker had forgotten its epoch itself, at its start or after an answer that did not come.
    func leaseLost(epoch: String) { if !epoch.isEmpty { leasesLost.increment() } }
    func lost(_ jobs: Int) { jobsLost.increment(by: jobs) }
    func refused() { refusals.increment() }
    func waited(_ wait: Duration) { waits.recordNanoseconds(wait.nanoseconds) }

    func kind(_ name: String) -> KindMetrics {
        kinds.withLock { kinds in
            if let known = kinds[name] { return known }
            let made = KindMetrics(queue: queue, kind: name, factory: factory)
            kinds[name] = made
            return made
        }
    }
}

/// Attempts of one kind in one queue.
final class KindMetrics: Sendable {
    /// By `Settlement.Ending`.
    private let endings: [Counter]
    private let time: CoreMetrics.Timer

    init(queue: String, kind: String, factory: any MetricsFactory) {
        let labels = [("queue", queue), ("kind", kind)]
        endings = ["succeeded", "retried", "snoozed", "dead", "cancelled"].map {
            Counter(label: "voicera_attempts_total", dimensions: labels + [("outcome", $0)], factory: factory)
        }
        time = CoreMetrics.Timer(label: "voicera_attempt_duration_seconds", dimensions: labels, factory: factory)
    }

    func ended(_ ending: Settlement.Ending, took: Duration) {
        endings[Int(ending.rawValue)].increment()
        time.recordNanoseconds(took.nanoseconds)
    }
}
