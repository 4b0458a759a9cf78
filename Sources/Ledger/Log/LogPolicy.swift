/// What a workspace wants of the log beyond the usual.
package struct LogPolicy: Sendable, Equatable {
    /// Of which requests the bodies are kept.
    package enum Bodies: String, Sendable, CaseIterable {
        case off
        /// Of those that were refused or failed.
        case errors
        case all
    }

    package var bodies: Bodies
    /// Names of members, and JSON pointers, whose values are not kept.
    package let redact: [String]
    package let redaction: BodyRedaction

    package init(bodies: Bodies = .off, redact: [String] = []) {
        self.bodies = bodies
        self.redact = redact
        redaction = BodyRedaction(rules: redact)
    }

    package func keepsBodies(status: Int) -> Bool {
        switch bodies {
        case .off: false
        case .errors: status >= 400
        case .all: true
        }
    }
}
