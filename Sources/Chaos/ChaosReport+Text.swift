import Foundation
import Primitives

extension ChaosReport {
    package var text: String {
        var lines = [
            "seed \(seed)",
            "accepted: \(acceptedJobs) jobs and \(acceptedEvents) events (\(deliveries) deliveries), in \(requests) requests, repeated \(repeats) times",
            "jobs_lost \(jobsLost)   stuck \(stuck)   dead \(dead)   waiting for their time \(waiting)",
            "duplicates \(duplicates), of which unexplained \(unexplainedDuplicates)",
            "recovery_time_s \(recoveryTimeS)   longest_silence_s \(longestSilenceS)   slowest_delivery_s \(slowestDeliveryS)   settled after \(settledAfterS) s",
            "longest stall of this machine \(longestStallS) s",
        ]
        for fault in faults {
            let name = "  " + fault.what.padding(toLength: max(46, fault.what.count), withPad: " ", startingAt: 0)
            if let skipped = fault.skipped {
                lines.append("\(name) left out: \(skipped)")
            } else {
                let recovery = fault.recoveryTimeS.map { "\($0) s" } ?? "-"
                lines.append("\(name) at \(fault.atS) s for \(fault.lastedS) s   recovery \(recovery)   duplicates \(fault.duplicates)")
            }
        }
        lines += explained.prefix(Self.linesOfEach).map { "  twice  \($0)" }
        lines += complaints
        lines.append(passed ? "passed: nothing lost, nothing twice without a reason, the books balance" : "FAILED")
        return lines.joined(separator: "\n")
    }
}

extension Duration {
    /// Seconds, to the hundredth.
    var inHundredths: Double { (seconds * 100).rounded() / 100 }
}
