/// Drives all transfers on the one thread that makes and owns it.
final class TransferLoop {
    private let inbox: Inbox
    private let multi: MultiHandle
    private let trustRoots: TrustRoots
    private var running: [UInt64: Transfer] = [:]
    private var idleHandles: [EasyHandle] = []
    private var answers: [(Submission.Continuation, Submission.Outcome)] = []

    /// Handles beyond it are given up: about 5 KB each.
    private static let keptHandles = 1024

    init(inbox: Inbox, multi: MultiHandle, trustRoots: TrustRoots) {
        self.inbox = inbox
        self.multi = multi
        self.trustRoots = trustRoots
    }

    /// Returns when the inbox is closed, everything in it has its answer and the connections are closed.
    func run() {
        while true {
            let batch = inbox.take()
            for submission in batch.submissions { start(submission, policy: batch.policy) }
            for id in batch.cancellations {
                guard let transfer = running[id] else { continue }
                interrupt(transfer, .cancelled, "the delivery was cancelled")
            }
            if batch.isClosing { break }
            answer()
            multi.turn()
            while let (transfer, code) = multi.nextFinished() { end(transfer) { transfer.outcome(code) } }
            answer()
        }
        for transfer in running.values { interrupt(transfer, .shutDown, "the client was shut down") }
        multi.close()
        answer()
    }

    private func start(_ submission: Submission, policy: AddressPolicy) {
        if let error = objection(to: submission.request, policy: policy) {
            answers.append((submission.continuation, .failure(error)))
            return
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

    private func refuseForMemory(_ submission: Submission) {
        answers.append((submission.continuation, .failure(DeliveryError(.localLimit, "out of memory"))))
    }

    private func interrupt(_ transfer: Transfer, _ code: DeliveryError.Code, _ detail: String) {
        end(transfer) { .failure(transfer.interruption(code, detail)) }
    }

    /// What happened is read before the handle leaves the multi handle, which clears some of it.
    private func end(_ transfer: Transfer, outcome: () -> Submission.Outcome) {
        answers.append((transfer.continuation, outcome()))
        multi.remove(transfer.easy)
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
