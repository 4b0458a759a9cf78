import Hummingbird
import Ledger
import Primitives
import Queue

/// Accepts what a request asks for, and waits for a result where the client prefers that.
struct JobIntake: Sendable {
    let services: APIServices

    /// Another request of the same unique key may end between two of our statements; the next look sees how.
    private static let mostTries = 3

    func accept(_ tree: JobTree, claim: IdempotencyClaim?) async throws -> (answers: [JobReceipt], isReplayed: Bool) {
        var tries = 1
        while true {
            do {
                switch try await services.intake.accept(tree.jobs, follows: tree.follows, claim: claim) {
                case .done(let accepted): return (accepted.map { JobReceipt(id: $0.id, isDuplicate: $0.isDuplicate) }, false)
                case .replayed(let answer):
                    guard let receipts = AcceptedJob.accepted(inReceipts: answer) else { throw Problem.idempotencyInProgress }
                    return (receipts.map { JobReceipt(id: $0.id, isDuplicate: $0.isDuplicate) }, true)
                case .mismatch: throw Problem.idempotencyMismatch
                case .inProgress: throw Problem.idempotencyInProgress
                }
            } catch LedgerError.changedMeanwhile where tries < Self.mostTries {
                tries += 1
            }
        }
    }

    /// The finished job, when the client prefers to wait for it and it ends in time; nil for the usual answer.
    func result(of id: JobID, for call: Call) async throws -> Response? {
        guard let limit = Preference.wait(call.request), await services.results.ended(id, within: limit),
            let found = try await JobTable(pool: services.pool).find(id, workspace: call.workspace)
        else { return nil }
        var response = Response(.ok, JobJSON.finished(found, workspace: call.workspace))
        response.headers[.preferenceApplied] = "wait=\(Int(limit.seconds))"
        return response
    }
}

/// `Prefer: wait=10` (RFC 7240).
enum Preference {
    private static let longestWait: Int64 = 30

    /// Nil when the client does not want to wait, or says it in a way that we do not understand: a preference is no order.
    static func wait(_ request: Request) -> Duration? {
        for value in request.headers[values: .prefer] {
            for preference in value.split(whereSeparator: { $0 == "," || $0 == ";" }) {
                let sides = preference.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, sides[0].filter({ $0 != " " }).lowercased() == "wait",
                    let seconds = Int64(sides[1].filter { $0 != " " && $0 != "\"" }), seconds > 0
                else { continue }
                return .seconds(min(seconds, longestWait))
            }
        }
        return nil
    }
}
