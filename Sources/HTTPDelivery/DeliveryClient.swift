/// Sends HTTP requests to receivers that customers chose: thousands at a time on one thread, never to an address the policy forbids.
///
/// One delivery is one request: redirects are returned, not followed; nothing is retried, except that a request which a kept-alive connection lost before any byte
/// of an answer is repeated once on a new one (the receiver may see it twice, with the same id). No proxy, cookie, netrc, Alt-Svc, HSTS or content decoding.
///
/// Fair among receivers only as far as the caller is: it holds no per-host queue, because waiting inside would count against the receiver's timeout.
package final class DeliveryClient: Sendable {
    private let inbox: Inbox
    private let longest: Duration

    /// - Parameters:
    ///   - maxTransfers: Requests under way. One more fails at once with `localLimit`: the caller already knows how much it runs, and a hidden wait would eat its deadline.
    ///   - maxConnections: Open connections, busy and idle; past it the longest idle one is closed. Each is a descriptor.
    ///   - longest: The most time that a request gets, whatever it asks for.
    ///   - additionalTrustRoots: A PEM file trusted besides the system's certificates.
    package init(
        policy: AddressPolicy, maxTransfers: Int = 4096, maxConnections: Int = 4096, longest: Duration = .seconds(86_400),
        additionalTrustRoots: String? = nil
    ) throws(DeliveryError) {
        self.longest = longest
        guard let waker = Waker() else { throw DeliveryError(.localLimit, "no descriptor left") }
        let trustRoots = try TrustRoots(additional: additionalTrustRoots)
        let inbox = Inbox(policy: policy, maxTransfers: maxTransfers, waker: waker)
        self.inbox = inbox
        guard let poll = EventPoll(waker: waker), let multi = MultiHandle(poll: poll, maxConnections: maxConnections) else {
            throw DeliveryError(.localLimit, "no descriptor left")
        }
        // Made here so that this initialiser can fail, and handed to the thread for good: nothing on this side touches it again.
        nonisolated(unsafe) let loop = TransferLoop(inbox: inbox, multi: multi, trustRoots: trustRoots)
        // Ended by `close`, from `shutDown` or `deinit`.
        let isRunning = LoopThread.run {
            unsafe loop.run()
            inbox.ended()
        }
        guard isRunning else { throw DeliveryError(.localLimit, "no thread left") }
    }

    deinit { inbox.close() }

    /// The receiver's answer, whatever its status. Cancelling the task ends the transfer.
    package func send(_ request: DeliveryRequest) async throws(DeliveryError) -> DeliveryResponse {
        guard !Task.isCancelled else { throw DeliveryError(.cancelled, "the delivery was cancelled") }
        let id = inbox.nextID()
        var bounded = request
        bounded.timeout = min(request.timeout, longest)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { [bounded] continuation in
                if let refusal = inbox.submit(Submission(id: id, request: bounded, continuation: continuation)) {
                    continuation.resume(returning: .failure(refusal))
                } else if Task.isCancelled {
                    // The handler below may have run before there was anything to cancel.
                    inbox.cancel(id)
                }
            }
        } onCancel: {
            inbox.cancel(id)
        }
        return try outcome.get()
    }

    /// Holds for every request sent from now on, also on connections that are open already.
    package func update(policy: AddressPolicy) { inbox.update(policy: policy) }

    /// Ends every transfer with `shutDown` and returns when the connections are closed. Later requests fail; a second call waits for the same end.
    package func shutDown() async {
        inbox.close()
        await inbox.waitForEnd()
    }
}
