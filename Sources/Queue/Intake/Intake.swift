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

    package func accept(_ jobs: [NewJob], claim: IdempotencyClaim? = nil) async throws -> Claimed<[AcceptedJob]> {
        let known = pusher.knownEpochs()
        let answer = try await writer.accept(JobWriter.Request(jobs: jobs, claim: claim))
        if case .done(let accepted) = answer { pusher.push(jobs, accepted: accepted, under: known) }
        return answer
    }
}
