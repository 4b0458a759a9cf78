internal import CLibCurl

/// One request on its way, owned by the loop's thread from the hand-over to the answer.
final class Transfer {
    let id: UInt64
    let request: DeliveryRequest
    let continuation: Submission.Continuation
    let easy: EasyHandle
    var dialGuard: DialGuard
    var response: ResponseCollector
    /// Set from curl's callbacks: how far it came.
    var hasResolved = false
    var hasBegunTLS = false
    var isConnected = false
    /// Known from when there is a connection to send on, and not beyond.
    var tlsVersion: String?
    /// Why no socket could be made; 0 when there was none wanted or it was made.
    var socketError: Int32 = 0

    init(_ submission: Submission, easy: EasyHandle, policy: AddressPolicy) {
        id = submission.id
        request = submission.request
        continuation = submission.continuation
        self.easy = easy
        dialGuard = DialGuard(policy: policy)
        response = ResponseCollector(maximumBody: max(0, submission.request.maxResponseBytes))
    }

    /// Where the transfer stands.
    var phase: DeliveryError.Phase {
        if response.hasBegun { return .receive }
        if isConnected { return easy.uploadedBytes < Int64(request.body.count) ? .send : .wait }
        guard hasResolved else { return .lookup }
        return hasBegunTLS ? .tls : .connect
    }

    func outcome(_ code: CURLcode) -> Submission.Outcome {
        let isCutByUs = code == CURLE_WRITE_ERROR && response.bodyTruncated
        guard code == CURLE_OK || isCutByUs else { return .failure(failure(code)) }
        // A head that broke off is well to curl: what there was of it has a status.
        guard response.hasWholeHead else { return .failure(failure(CURLE_PARTIAL_FILE)) }
        return .success(
            DeliveryResponse(
                status: easy.status, head: response.headers, body: response.body, bodyTruncated: response.bodyTruncated,
                httpVersion: easy.httpVersion, timings: easy.timings, certificate: request.url.isHTTPS ? easy.certificate : nil,
                tlsVersion: tlsVersion, reusedConnection: easy.openedConnections == 0))
    }

    /// Ended by us: cancelled or shut down.
    func interruption(_ code: DeliveryError.Code, _ detail: String) -> DeliveryError {
        DeliveryError(code, detail, phase: phase, timings: easy.timings, requestWasSent: requestWasSent)
    }

    private func failure(_ code: CURLcode) -> DeliveryError {
        let (code, detail) = Failure.classify(
            code, hasRefusedAddress: dialGuard.hasRefused, headersExceeded: response.headersExceeded || isConnected && code == CURLE_OUT_OF_MEMORY,
            systemError: socketError != 0 ? socketError : easy.systemError, certificateFault: easy.certificateFault)
        return DeliveryError(code, detail, phase: phase, timings: easy.timings, requestWasSent: requestWasSent)
    }

    /// Bytes handed to the socket: what the receiver has seen of them is unknown.
    private var requestWasSent: Bool { isConnected && easy.requestBytes > 0 }
}
