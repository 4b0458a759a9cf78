package import Primitives

/// What a delivery tells about its endpoint, whatever becomes of the delivery.
package struct DeliveryNote: Sendable {
    package enum Answer: Sendable, Equatable {
        case succeeded
        case failed
        /// Not the endpoint's doing: our own limits, a pause, a stop.
        case none
    }

    package var endpoint: EndpointID
    package var workspace: WorkspaceID
    package var answer: Answer
    /// Of the receiver's certificate, seconds since 1970; nil when no TLS connection was opened for the attempt.
    package var certificateExpiresAt: Int64?

    package init(endpoint: EndpointID, workspace: WorkspaceID, answer: Answer, certificateExpiresAt: Int64? = nil) {
        self.endpoint = endpoint
        self.workspace = workspace
        self.answer = answer
        self.certificateExpiresAt = certificateExpiresAt
    }
}
