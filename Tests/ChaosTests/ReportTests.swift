import Chaos
import Foundation
import Primitives
import Testing

@Suite struct Reports {
    private static let plan = ChaosPlan(
        seed: 7, length: .seconds(1), rate: 1, endpoints: 1, shape: FleetShape(workers: 1, schedulers: 1, apis: 1), kinds: [], recoveryBound: .seconds(30),
        keepsFolder: false, program: "", mayMount: false)

    private static func report(_ change: (inout Evidence) -> Void) -> ChaosReport {
        var evidence = Evidence()
        evidence.accepted.jobs[good] = .seconds(1)
        evidence.ledger.jobs[good] = LedgerFindings.Job(state: "succeeded", isDue: false)
        change(&evidence)
        return ChaosReport(plan: plan, evidence: evidence, verdict: Verdict(evidence), settledAfter: .zero)
    }
    private static let good: JobID = IdentifierSource.system.next()

    @Test func `a run in which everything holds passes`() {
        #expect(Self.report { _ in }.complaints == [])
        #expect(Self.report { _ in }.passed)
    }

    /// A check that cannot fail is none.
    @Test func `each thing that may not be fails the run`() {
        let slow = FaultRecord(fault: PlannedFault(kind: .flush, at: .zero, lasts: .zero, seed: 0), startedAt: .zero, healedAt: .zero)
        let wrongs: [(String, (inout Evidence) -> Void)] = [
            ("lost", { $0.accepted.jobs[IdentifierSource.system.next()] = .zero }),
            ("stuck", { $0.ledger.jobs[Self.good] = LedgerFindings.Job(state: "pending", isDue: true) }),
            ("dead", { $0.ledger.jobs[Self.good] = LedgerFindings.Job(state: "dead", isDue: false) }),
            ("cancelled", { $0.ledger.jobs[Self.good] = LedgerFindings.Job(state: "cancelled", isDue: false) }),
            ("twice", { $0.arrivals["x"] = [Arrival(at: .zero, worker: nil, status: 200), Arrival(at: .seconds(1), worker: nil, status: 200)] }),
            ("audit", { $0.ledger.differences = ["accepted: 2 against 1"] }),
            ("crash", { $0.crashes = ["worker-1#1: exited"] }),
            ("refusal", { $0.accepted.refusals = ["/api/jobs: 422"] }),
            ("unanswered", { $0.accepted.unanswered = 1 }),
            ("nothing", { $0.accepted.jobs = [:] }),
            (
                "slow",
                { evidence in
                    evidence.faults = [slow]
                    let id: DeliveryID = IdentifierSource.system.next()
                    evidence.accepted.events["late"] = Accepted.Event(at: .zero, deliveries: 1)
                    evidence.ledger.deliveries["late"] = [LedgerFindings.Delivery(id: id, endpoint: "a")]
                    evidence.ledger.jobs[JobID(id.value)] = LedgerFindings.Job(state: "succeeded", isDue: false)
                    evidence.arrivals[id.description] = [Arrival(at: .seconds(31), worker: nil, status: 200)]
                }
            ),
        ]
        for (name, wrong) in wrongs {
            let report = Self.report(wrong)
            #expect(!report.passed, "\(name)")
            #expect(report.complaints.count == 1, "\(name): \(report.complaints)")
            #expect(report.text.contains("FAILED"))
        }
    }

    @Test func `a script reads the figures by their names`() throws {
        let json = try #require(try JSONSerialization.jsonObject(with: Data(Self.report { _ in }.json().utf8)) as? [String: Any])
        for name in ["jobs_lost", "duplicates", "unexplained_duplicates", "recovery_time_s", "longest_silence_s", "passed", "seed", "faults"] {
            #expect(json[name] != nil, "\(name)")
        }
    }
}
