import Primitives

/// What the evidence says: a function of it, so that a table of cases can test it.
package struct Verdict: Sendable {
    package struct Fault: Sendable {
        package var record: FaultRecord
        /// From its end until every endpoint that got work after it has had a delivery of that work. Nil when no work came after, or when the
        /// next fault came before that: then the next one's counts.
        package var recovery: Duration?
        package var duplicates = 0
    }

    /// Accepted work that is nowhere, that counts as done and never reached the receiver, or that ended as nobody asked; a line each.
    package private(set) var lost: [String] = []
    /// Work whose time has come and that still waits at the end.
    package private(set) var stuck = 0
    /// Work whose time has not come: retries and delayed jobs.
    package private(set) var waiting = 0
    package private(set) var dead = 0
    package private(set) var deliveries = 0
    /// Deliveries taken more than once, a line each time.
    package private(set) var duplicates: [String] = []
    package private(set) var explained: [String] = []
    package private(set) var unexplained: [String] = []
    package private(set) var faults: [Fault] = []
    package private(set) var longestSilence = Duration.zero
    /// Of those that were taken the first time, from the answer to the arrival.
    package private(set) var slowestDelivery = Duration.zero

    private struct Delivered {
        var endpoint: String
        var accepted: Duration
        var at: Duration?
        /// The receiver refused it the first time, and it waited for its retry.
        var wasRefused: Bool
    }

    package init(_ evidence: Evidence) {
        faults = evidence.faults.map { Fault(record: $0) }
        for (job, _) in evidence.accepted.jobs { look(at: job, evidence, "job") }
        var delivered: [Delivered] = []
        for (key, event) in evidence.accepted.events {
            let rows = evidence.ledger.deliveries[key] ?? []
            for _ in 0..<max(0, event.deliveries - rows.count) { lost.append("a delivery of event \(key): accepted, not in the ledger") }
            for row in rows {
                deliveries += 1
                let arrivals = evidence.arrivals[row.id.description] ?? []
                let at = arrivals.first { $0.status < 300 }?.at
                look(at: JobID(row.id.value), evidence, "delivery", arrived: at != nil)
                delivered.append(Delivered(endpoint: row.endpoint, accepted: event.at, at: at, wasRefused: arrivals.contains { $0.status >= 300 }))
            }
        }
        slowestDelivery = delivered.compactMap { one in one.wasRefused ? nil : one.at.map { $0 - one.accepted } }.max() ?? .zero
        for (id, arrivals) in evidence.arrivals { countRepeats(of: id, arrivals) }
        for index in faults.indices where faults[index].record.skipped == nil {
            let time = restart(after: faults[index].record)
            guard let recovery = recovery(from: time, delivered, end: evidence.loadEnded) else { continue }
            let isDisturbed = faults.contains { $0.record.holdsDeliveriesUp && $0.record.startedAt > time && $0.record.startedAt < time + recovery }
            if !isDisturbed { faults[index].recovery = recovery }
        }
        let times = evidence.arrivals.values.joined().filter { $0.status < 300 && $0.at <= evidence.loadEnded }.map(\.at).sorted()
        longestSilence = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
        lost.sort()
    }

    package var recovery: Duration { faults.compactMap(\.recovery).max() ?? .zero }

    private mutating func look(at id: JobID, _ evidence: Evidence, _ what: String, arrived: Bool = true) {
        guard let job = evidence.ledger.jobs[id] else { return lost.append("\(what) \(id): accepted, not in the ledger") }
        switch job.state {
        case "pending": if job.isDue { stuck += 1 } else { waiting += 1 }
        case "dead": dead += 1
        case "succeeded": if !arrived { lost.append("\(what) \(id): succeeded in the ledger, never came to the receiver") }
        // The load cancels nothing, and what has no state that is known proves nothing.
        case "cancelled": lost.append("\(what) \(id): cancelled in the ledger, and nobody asked for that")
        default: lost.append("\(what) \(id): \(job.state) in the ledger, which is no state of a job")
        }
    }

    private mutating func countRepeats(of id: String, _ arrivals: [Arrival]) {
        let taken = arrivals.filter { $0.status < 300 }.sorted { $0.at < $1.at }
        for (first, again) in zip(taken, taken.dropFirst()) {
            let line = "\(id) at \(first.at.tenths) s by \(first.worker ?? "?"), again at \(again.at.tenths) s by \(again.worker ?? "?")"
            duplicates.append(line)
            if let cause = faults.firstIndex(where: { $0.record.explains(first.worker, from: first.at, to: again.at) }) {
                faults[cause].duplicates += 1
                explained.append("\(line): \(faults[cause].record.fault.text)")
            } else {
                unexplained.append(line)
            }
        }
    }

    /// When a fault is over, another may still last: what works again, works after that one.
    private func restart(after record: FaultRecord) -> Duration {
        var time = record.healedAt
        while let longer = faults.map(\.record).first(where: { $0.holdsDeliveriesUp && $0.startedAt <= time && $0.healedAt > time }) { time = longer.healedAt }
        return time
    }

    private func recovery(from time: Duration, _ delivered: [Delivered], end: Duration) -> Duration? {
        var first: [String: Duration] = [:]
        for one in delivered where one.accepted >= time {
            // What never came is as late as the run is long.
            first[one.endpoint] = min(first[one.endpoint] ?? .seconds(Int64.max / 2_000_000), one.at ?? max(end, time))
        }
        return first.values.max().map { $0 - time }
    }
}
