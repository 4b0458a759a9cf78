import Foundation
import Primitives

/// The run in figures, for a person and, as JSON, for a script.
package struct ChaosReport: Encodable, Sendable {
    package struct Fault: Encodable, Sendable {
        var kind: String
        var what: String
        var atS: Double
        var lastedS: Double
        var recoveryTimeS: Double?
        var duplicates: Int
        var skipped: String?
    }

    package var seed: UInt64
    package var requests: Int
    package var repeats: Int
    package var unanswered: Int
    package var acceptedJobs: Int
    package var acceptedEvents: Int
    package var deliveries: Int
    package var jobsLost: Int
    package var stuck: Int
    package var waiting: Int
    package var dead: Int
    package var duplicates: Int
    package var unexplainedDuplicates: Int
    package var recoveryTimeS: Double
    package var longestSilenceS: Double
    package var slowestDeliveryS: Double
    package var settledAfterS: Double
    /// How long the machine at its worst kept this process waiting. Seconds of that are a machine too busy for its leases.
    package var longestStallS: Double
    /// Duplicates and what accounts for them, a line each.
    package var explained: [String]
    package var differences: [String]
    package var crashes: [String]
    /// Why it did not pass, a line each.
    package var complaints: [String]
    package var faults: [Fault]
    package private(set) var passed = false

    static let linesOfEach = 10

    package init(plan: ChaosPlan, evidence: Evidence, verdict: Verdict, settledAfter: Duration) {
        seed = plan.seed
        requests = evidence.accepted.requests
        repeats = evidence.accepted.repeats
        unanswered = evidence.accepted.unanswered
        acceptedJobs = evidence.accepted.jobs.count
        acceptedEvents = evidence.accepted.events.count
        deliveries = verdict.deliveries
        jobsLost = verdict.lost.count
        stuck = verdict.stuck
        waiting = verdict.waiting
        dead = verdict.dead
        duplicates = verdict.duplicates.count
        unexplainedDuplicates = verdict.unexplained.count
        recoveryTimeS = verdict.recovery.inHundredths
        longestSilenceS = verdict.longestSilence.inHundredths
        slowestDeliveryS = verdict.slowestDelivery.inHundredths
        settledAfterS = settledAfter.inHundredths
        longestStallS = evidence.longestStall.inHundredths
        explained = verdict.explained.sorted()
        differences = evidence.ledger.differences
        crashes = evidence.crashes
        faults = verdict.faults.map { fault in
            Fault(
                kind: fault.record.fault.kind.rawValue, what: fault.record.fault.text, atS: fault.record.startedAt.inHundredths,
                lastedS: (fault.record.healedAt - fault.record.startedAt).inHundredths, recoveryTimeS: fault.recovery?.inHundredths,
                duplicates: fault.duplicates, skipped: fault.record.skipped)
        }
        complaints = []
        complain("LOST", verdict.lost)
        if stuck > 0 { complaints.append("STUCK  \(stuck) jobs are due and still wait") }
        if dead > 0 { complaints.append("DEAD  \(dead) jobs, of work that can all be done") }
        complain("TWICE, and no fault accounts for it", verdict.unexplained)
        complain("DIFFERENCE", differences)
        complain("CRASHED", crashes)
        complain("REFUSED", evidence.accepted.refusals)
        if unanswered > 0 { complaints.append("UNANSWERED  \(unanswered) requests, to the end") }
        if verdict.recovery > plan.recoveryBound { complaints.append("SLOW  recovery took \(recoveryTimeS) s, more than \(plan.recoveryBound.tenths)") }
        if acceptedJobs + acceptedEvents == 0 { complaints.append("NOTHING was accepted: this run proves nothing") }
        passed = complaints.isEmpty
    }

    private mutating func complain(_ what: String, _ lines: [String]) {
        complaints += lines.prefix(Self.linesOfEach).map { "\(what)  \($0)" }
        if lines.count > Self.linesOfEach { complaints.append("\(what)  and \(lines.count - Self.linesOfEach) more") }
    }

    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
