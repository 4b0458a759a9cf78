import CoreMetrics
import Ledger
import Synchronization

/// Accepted jobs by queue and kind. Both are names that the API knows, never a client's own words.
final class IntakeMetrics: Sendable {
    private struct Key: Hashable {
        var queue: String
        var kind: String
    }

    private let counters = Mutex<[Key: Counter]>([:])

    /// One look for each run of jobs of the same kind: a batch is mostly of one.
    func accepted(_ jobs: [NewJob], _ answers: [AcceptedJob]) {
        var last: NewJob?
        var count = 0
        for (job, answer) in zip(jobs, answers) where !answer.isDuplicate {
            if let known = last, known.kind == job.kind, known.queue == job.queue {
                count += 1
            } else {
                if let last { add(count, to: last) }
                (last, count) = (job, 1)
            }
        }
        if let last { add(count, to: last) }
    }

    private func add(_ count: Int, to job: NewJob) {
        let key = Key(queue: job.queue, kind: job.kind)
        let counter = counters.withLock { counters in
            if let known = counters[key] { return known }
            let made = Counter(label: "voicera_jobs_enqueued_total", dimensions: [("queue", job.queue), ("kind", job.kind)])
            counters[key] = made
            return made
        }
        counter.increment(by: count)
    }
}
