internal import CLibCurl

/// Drives all transfers on the one thread that makes and owns it.
final class TransferLoop {
    private let inbox: Inbox
    private let multi: MultiHandle
    private let trustRoots: TrustRoots
    private var waiting = SubmissionQueue()
    private var running: [UInt64: Transfer] = [:]
    private var idleHandles: [EasyHandle] = []
    private var answers: [(Submission.Continuation, Submission.Outcome)] = []

    /// Handles beyond it are given up: about 5 KB each.
    private static let keptHandles = 1024

    /// A few at a time, with a look at the sockets in between: where a receiver answers at once, the next request then finds the connection of one
    /// that is over, and a burst of hundreds does not open hundreds. Where it is slow, the last of a thousand starts some milliseconds later.
    private static let startsPerTurn = 16

    init(inbox: Inbox, multi: MultiHandle, trustRoots: TrustRoots) {
        self.inbox = inbox
        self.multi = multi
        self.trustRoots = trustRoots
    }

    /// Returns when the inbox is closed, everything in it has its answer and the connections are closed.
    func run() {
        while true {
            let batch = inbox.take()
            waiting.append(batch.submissions)
            for id in batch.cancellations { cancel(id) }
            if batch.isClosing { break }
            for _ in 0..<Self.startsPerTurn {
                guard let submission = waiting.popFirst() else { break }
                start(submission, policy: batch.policy)
            }
            answer()
            multi.turn(mayWait: waiting.isEmpty)
            while let (transfer, code) = multi.nextFinished() { end(transfer, isWell: code == CURLE_OK) { transfer.outcome(code) } }
            answer()
        }
        for transfer in running.values { interrupt(transfer, .shutDown, "the client was shut down") }
        while let submission = waiting.popFirst() { refuse(submission, DeliveryError(.shutDown, "the client was shut down")) }
        multi.close()
        answer()
    }

    private func cancel(_ id: UInt64) {
        if let transfer = running[id] {
            interrupt(transfer, .cancelled, "the delivery was cancelled")
        } else if let submission = waiting.remove(id) {
            refuse(submission, DeliveryError(.cancelled, "the delivery was cancelled"))
        }
    }

    private func start(_ submission: Submission, policy: AddressPolicy) {
        if let error = objection(to: submission.request, policy: policy) {
            return refuse(submission, error)
        }
        guard let easy = idleHandles.popLast() ?? EasyHandle() else { return refuseForMemory(submission) }
        let transfer = Transfer(submission, easy: easy, policy: policy)
        guard easy.prepare(for: transfer, trustRoots: trustRoots.path), multi.add(easy) else { return refuseForMemory(submission) }
        running[transfer.id] = transfer
    }

    /// The policy may have changed since the URL was parsed.
    private func objection(to request: DeliveryRequest, policy: AddressPolicy) -> DeliveryError? {
        if let objection = policy.objection(isHTTPS: request.url.isHTTPS, port: request.url.port) { return DeliveryError(.invalidURL, objection) }
        if let address = request.url.address, policy.verdict(address) == .refused { return DeliveryTarget.refusal }
        return request.objection.map { DeliveryError(.invalidRequest, $0) }
    }

    private func refuseForMemory(_ submission: Submission) { refuse(submission, DeliveryError(.localLimit, "out of memory")) }

    private func refuse(_ submission: Submission, _ error: DeliveryError) { answers.append((submission.continuation, .failure(error))) }

    private func interrupt(_ transfer: Transfer, _ code: DeliveryError.Code, _ detail: String) {
        end(transfer, isWell: false) { .failure(transfer.interruption(code, detail)) }
    }

    /// What happened is read before the handle leaves the multi handle, which clears some of it.
    private func end(_ transfer: Transfer, isWell: Bool, outcome: () -> Submission.Outcome) {
        answers.append((transfer.continuation, outcome()))
        multi.remove(transfer.easy)
        if !isWell { transfer.easy.forget() }
        running[transfer.id] = nil
        if idleHandles.count < Self.keptHandles { idleHandles.append(transfer.easy) }
    }

    private func answer() {
        if answers.isEmpty { return }
        inbox.settled(answers.count)
        for (continuation, outcome) in answers { continuation.resume(returning: outcome) }
        answers.removeAll(keepingCapacity: true)
    }
}
