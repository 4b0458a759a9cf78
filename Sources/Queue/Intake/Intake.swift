package import Ledger

/// The way of a job into the system: known epochs, commit, answer, push. The order is the law: the index never hears of what is not committed,
/// and a push is first-hand only under an epoch that was known before its commit.
package struct Intake: Sendable {
    private let writer: JobWriter
    private let pusher: IndexPusher

    package init(writer: JobWriter, pusher: IndexPusher) {
        self.writer = writer
        self.pusher = pusher
    }

    /// - Parameter follows: which of the jobs wait for which; a job stands behind those it waits for.
    package func accept(_ jobs: [NewJob], follows: [JobFollow] = [], claim: IdempotencyClaim? = nil) async throws -> Claimed<[AcceptedJob]> {
        let known = pusher.knownEpochs()
        let answer = try await writer.accept(JobWriter.Request(jobs: jobs, claim: claim, follows: follows))
        guard case .done(let accepted) = answer else { return answer }
        if follows.isEmpty {
            pusher.push(jobs, accepted: accepted, under: known)
        } else {
            let available = zip(jobs, accepted).filter { !$1.isBlocked }
            pusher.push(available.map(\.0), accepted: available.map(\.1), under: known)
        }
        return answer
    }
}
