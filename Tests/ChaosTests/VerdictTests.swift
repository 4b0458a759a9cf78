import Chaos
import Primitives
import Testing

/// The verdict of a run, case by case: what it must see, and what it must not take for a loss.
@Suite struct Verdicts {
    private static let ids = IdentifierSource.system

    /// One event for one endpoint, accepted at 10 s, delivered at 11 s, and over.
    private struct Case {
        var evidence = Evidence()
        let id: DeliveryID = ids.next()
        var job: JobID { JobID(id.value) }

        init(state: String = "succeeded", isDue: Bool = false, arrivals: [Arrival] = [arrival(11)]) {
            evidence.accepted.events["one"] = Accepted.Event(at: .seconds(10), deliveries: 1)
            evidence.ledger.deliveries["one"] = [LedgerFindings.Delivery(id: id, endpoint: "a")]
            evidence.ledger.jobs[job] = LedgerFindings.Job(state: state, isDue: isDue)
            evidence.arrivals[id.description] = arrivals.isEmpty ? nil : arrivals
            evidence.loadEnded = .seconds(100)
        }

        var verdict: Verdict { Verdict(evidence) }
    }

    private static func arrival(_ second: Int, _ worker: String? = "worker-1#1", status: Int = 200) -> Arrival {
        Arrival(at: .seconds(second), worker: worker, status: status)
    }

    private static func fault(
        _ kind: FaultKind, from: Int, to: Int, process: String? = nil, life: String? = nil, stores: [Store] = []
    ) -> FaultRecord {
        let planned = PlannedFault(
            kind: kind, at: .seconds(from), lasts: .seconds(to - from), processes: process.map { [$0] } ?? [], stores: stores, seed: 0)
        return FaultRecord(fault: planned, startedAt: .seconds(from), healedAt: .seconds(to), workers: life.map { [$0] } ?? [])
    }

    @Test func `what was delivered once is neither lost nor twice`() {
        let verdict = Case().verdict
        #expect(verdict.lost.isEmpty && verdict.duplicates.isEmpty && verdict.deliveries == 1)
        #expect(verdict.slowestDelivery == .seconds(1))
    }

    @Test func `an accepted job that the ledger does not know is lost`() {
        var one = Case()
        one.evidence.accepted.jobs[Self.ids.next()] = .seconds(5)
        #expect(one.verdict.lost.count == 1)
    }

    @Test func `a delivery whose job is gone is lost`() {
        var one = Case()
        one.evidence.ledger.jobs = [:]
        #expect(one.verdict.lost.count == 1)
    }

    @Test func `fewer deliveries than were answered are lost`() {
        var one = Case()
        one.evidence.accepted.events["one"]?.deliveries = 3
        #expect(one.verdict.lost.count == 2)
        one.evidence.accepted.events["two"] = Accepted.Event(at: .seconds(12), deliveries: 1)
        #expect(one.verdict.lost.count == 3)
    }

    @Test func `a success that the receiver never saw is lost`() {
        #expect(Case(arrivals: []).verdict.lost.count == 1)
        #expect(Case(arrivals: [Self.arrival(11, status: 500)]).verdict.lost.count == 1)
    }

    @Test func `what waits for its time is not lost, and what is due and waits is stuck`() {
        let later = Case(state: "pending", arrivals: [Self.arrival(11, status: 500)]).verdict
        #expect(later.lost.isEmpty && later.stuck == 0 && later.waiting == 1)
        #expect(Case(state: "pending", isDue: true, arrivals: []).verdict.stuck == 1)
        #expect(Case(state: "dead", arrivals: []).verdict.dead == 1)
    }

    @Test func `what ended as nobody asked is lost`() {
        for state in ["cancelled", "forgotten", ""] {
            #expect(Case(state: state).verdict.lost.count == 1, "\(state)")
            var one = Case()
            let job: JobID = Self.ids.next()
            one.evidence.accepted.jobs[job] = .seconds(5)
            one.evidence.ledger.jobs[job] = LedgerFindings.Job(state: state, isDue: false)
            #expect(one.verdict.lost.count == 1 && one.verdict.lost[0].contains("\(job): \(state) in the ledger"), "\(one.verdict.lost)")
        }
    }

    @Test func `a refusal before the success is no duplicate`() {
        #expect(Case(arrivals: [Self.arrival(11, status: 500), Self.arrival(16)]).verdict.duplicates.isEmpty)
    }

    @Test func `a delivery taken twice needs a worker that died or was cut off`() {
        var one = Case(arrivals: [Self.arrival(11), Self.arrival(20, "worker-2#1")])
        #expect(one.verdict.duplicates.count == 1 && one.verdict.unexplained.count == 1)

        let explaining = [
            Self.fault(.workerKill, from: 12, to: 13, process: "worker-1", life: "worker-1#1"),
            Self.fault(.workerStop, from: 5, to: 16, process: "worker-1", life: "worker-1#1"),
            Self.fault(.redisHang, from: 11, to: 18),
            Self.fault(.cut, from: 11, to: 17, process: "worker-1", life: "worker-1#1", stores: [.redis]),
        ]
        for fault in explaining {
            one.evidence.faults = [fault]
            #expect(one.verdict.unexplained.isEmpty, "\(fault.fault.text)")
            #expect(one.verdict.faults.map(\.duplicates) == [1])
        }
    }

    @Test func `no other fault excuses a duplicate`() {
        var one = Case(arrivals: [Self.arrival(11), Self.arrival(20, "worker-2#1")])
        let others: [FaultRecord] = [
            // Another worker, an earlier life of this one, too late, too early, too short for a lease, the wrong store.
            Self.fault(.workerKill, from: 12, to: 13, process: "worker-2", life: "worker-2#1"),
            Self.fault(.workerKill, from: 12, to: 13, process: "worker-1", life: "worker-1#2"),
            Self.fault(.redisHang, from: 21, to: 40),
            Self.fault(.workerKill, from: -30, to: -29, process: "worker-1", life: "worker-1#1"),
            Self.fault(.redisHang, from: 11, to: 14),
            Self.fault(.cut, from: 11, to: 17, process: "worker-1", life: "worker-1#1", stores: [.postgres]),
        ]
        let kinds: [FaultKind] = [.flush, .redisKill, .redisEmpty, .snapshot, .rewind, .postgresCrash, .postgresRestart, .apiKill, .schedulerKill, .workerTerm]
        for fault in others + kinds.map({ Self.fault($0, from: 11, to: 19) }) {
            one.evidence.faults = [fault]
            #expect(one.verdict.unexplained.count == 1, "\(fault.fault.text)")
        }
    }

    @Test func `a fault excuses what was sent a moment before it, and nothing older`() {
        for (sent, isExcused) in [(15, true), (14, false)] {
            var one = Case(arrivals: [Self.arrival(sent), Self.arrival(40, "worker-2#1")])
            one.evidence.faults = [Self.fault(.workerKill, from: 30, to: 31, process: "worker-1", life: "worker-1#1")]
            #expect(one.verdict.unexplained.isEmpty == isExcused, "sent at \(sent) s")
        }
    }

    @Test func `a worker that is not known may be any that was hit, and no process of another role`() {
        var one = Case(arrivals: [Self.arrival(11, nil), Self.arrival(20)])
        one.evidence.faults = [Self.fault(.cut, from: 10, to: 18, process: "scheduler-1", stores: [.redis])]
        #expect(one.verdict.unexplained.count == 1)
        one.evidence.faults = [Self.fault(.cut, from: 10, to: 18, process: "worker-2", life: "worker-2#1", stores: [.redis])]
        #expect(one.verdict.unexplained.isEmpty)
    }

    @Test func `a fault that was left out excuses nothing`() {
        var one = Case(arrivals: [Self.arrival(11), Self.arrival(20)])
        one.evidence.faults = [Self.fault(.diskFull, from: 11, to: 18)]
        #expect(one.verdict.unexplained.isEmpty)
        one.evidence.faults[0].skipped = "no disk"
        #expect(one.verdict.unexplained.count == 1)
    }

    @Test func `recovery lasts until every endpoint with new work has had some of it`() {
        var one = Case()
        one.evidence.faults = [Self.fault(.flush, from: 8, to: 9)]
        #expect(one.verdict.recovery == .seconds(2))
        // Another endpoint's first delivery comes later; a second event for it does not count.
        for (key, accepted, arrived) in [("two", 12, 19), ("three", 13, 30)] {
            let id: DeliveryID = Self.ids.next()
            one.evidence.accepted.events[key] = Accepted.Event(at: .seconds(accepted), deliveries: 1)
            one.evidence.ledger.deliveries[key] = [LedgerFindings.Delivery(id: id, endpoint: "b")]
            one.evidence.ledger.jobs[JobID(id.value)] = LedgerFindings.Job(state: "succeeded", isDue: false)
            one.evidence.arrivals[id.description] = [Self.arrival(arrived)]
        }
        #expect(one.verdict.recovery == .seconds(10))
        #expect(one.verdict.longestSilence == .seconds(11))
        // Without an API deliveries go on, so its end is no help to anybody else.
        one.evidence.faults.append(Self.fault(.apiKill, from: 8, to: 11, process: "api-1"))
        #expect(one.verdict.faults.first?.recovery == .seconds(10))
        one.evidence.faults.removeLast()
        // While another fault lasts there is nothing to recover to.
        one.evidence.faults.append(Self.fault(.redisHang, from: 9, to: 11))
        #expect(one.verdict.recovery == .seconds(8))
    }

    @Test func `a recovery that the next fault cuts short is not one`() {
        var one = Case()
        one.evidence.faults = [Self.fault(.flush, from: 5, to: 6), Self.fault(.redisKill, from: 7, to: 8)]
        #expect(one.verdict.faults.map(\.recovery) == [nil, .seconds(3)])
        one.evidence.faults[1] = Self.fault(.apiKill, from: 7, to: 8, process: "api-1")
        #expect(one.verdict.faults.map(\.recovery) == [.seconds(5), .seconds(3)])
    }

    @Test func `work that never arrives after a fault is no quick recovery`() {
        var one = Case(state: "pending", isDue: true, arrivals: [])
        one.evidence.faults = [Self.fault(.flush, from: 8, to: 9)]
        #expect(one.verdict.recovery == .seconds(91))
    }
}
