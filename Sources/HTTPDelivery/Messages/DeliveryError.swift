/// A delivery that got no status. Safe to log and to show: no address, no name, no part of a URL or a body is in it.
package struct DeliveryError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case dnsError = "dns_error"
        case connectionRefused = "connection_refused"
        /// The connection ended before the answer was complete.
        case connectionReset = "connection_reset"
        case networkUnreachable = "network_unreachable"
        case timeout
        case tlsError = "tls_error"
        /// Never thrown by the client, which returns a 3xx as the response it is: for the caller's record of one.
        case redirectRefused = "redirect_refused"
        /// Response headers beyond 64 KiB. A long body is no error: see ``DeliveryResponse/bodyTruncated``.
        case bodyTooLarge = "body_too_large"
        /// The name resolves to, or the URL spells, an address that the policy forbids.
        case addressRefused = "address_refused"
        case invalidURL = "invalid_url"
        /// A method or a header that cannot be sent as it is.
        case invalidRequest = "invalid_request"
        /// What came back is not HTTP.
        case protocolError = "protocol_error"
        case cancelled
        case shutDown = "shut_down"
        /// This process is at its limit (transfers, descriptors, memory): nothing is wrong with the receiver.
        case localLimit = "local_limit"
        case other
    }

    package enum Phase: String, Sendable {
        case lookup, connect, tls, send
        /// The request is out, the answer has not begun.
        case wait
        case receive
    }

    package let code: Code
    /// How far the transfer had come; nil when it never began.
    package let phase: Phase?
    package let timings: DeliveryTimings
    /// At least a part of the request left this host: the receiver may have acted on it.
    package let requestWasSent: Bool
    package let detail: String

    package init(
        _ code: Code, _ detail: String, phase: Phase? = nil, timings: DeliveryTimings = DeliveryTimings(), requestWasSent: Bool = false
    ) {
        self.code = code
        self.detail = detail
        self.phase = phase
        self.timings = timings
        self.requestWasSent = requestWasSent
    }
}

extension DeliveryError: CustomStringConvertible {
    package var description: String { phase.map { "\(code.rawValue) (\($0.rawValue)): \(detail)" } ?? "\(code.rawValue): \(detail)" }
}
