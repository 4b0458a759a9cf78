import CoreMetrics
import Primitives

/// What a group-commit writer tells of its work: an observation a commit, none a row.
struct CommitMetrics: Sendable {
    private let rows: Recorder
    private let time: CoreMetrics.Timer
    private let refusals: Counter

    init(writer: String) {
        let labels = [("writer", writer)]
        rows = Recorder(label: "voicera_ledger_batch_rows", dimensions: labels)
        time = CoreMetrics.Timer(label: "voicera_ledger_commit_seconds", dimensions: labels)
        refusals = Counter(label: "voicera_ledger_refusals_total", dimensions: labels)
    }

    func committed(rows count: Int, since begun: ContinuousClock.Instant) {
        rows.record(count)
        time.recordNanoseconds((ContinuousClock.now - begun).nanoseconds)
    }

    func refused(_ requests: Int = 1) { refusals.increment(by: requests) }
}
