package import Primitives

/// A line of the log before it is written: what a process saw beside the ledger, such as a request. Attempts are no such lines; they are written with
/// their settlement.
package struct LogLine: Sendable {
    package enum Source: String, Sendable {
        /// Somebody's to our API.
        case request
    }

    /// Bodies as they came; they are redacted before they are written.
    package struct Bodies: Sendable {
        /// Nil when there was none, or one that is never kept.
        package var request: [UInt8]?
        package var response: [UInt8]?
        package var redaction: BodyRedaction

        package init(request: [UInt8]?, response: [UInt8]?, redaction: BodyRedaction) {
            self.request = request
            self.response = response
            self.redaction = redaction
        }
    }

    package var source: Source
    /// Nil when nobody knows whose it was.
    package var workspace: WorkspaceID?
    package var outcome: String
    package var status: Int32?
    package var errorClass: String?
    package var duration: Duration
    package var method: String?
    /// The template that matched.
    package var route: String?
    package var path: String?
    package var principal: String?
    /// Without a zone.
    package var address: String?
    package var requestID: String?
    package var trace: TraceContext?
    /// JSON text.
    package var details: String?
    package var bodies: Bodies?

    /// Has the lines of nobody's workspace. No workspace has this id, as none is older than 1970.
    package static let nobody = WorkspaceID(Identifier(high: 0, low: 0))

    package init(source: Source, workspace: WorkspaceID?, outcome: String, duration: Duration) {
        self.source = source
        self.workspace = workspace
        self.outcome = outcome
        self.duration = duration
    }

    /// What it holds in memory, roughly: the fields that a client decides the length of, and something for the others.
    var size: Int {
        Self.usualSize + (path?.utf8.count ?? 0) + (bodies?.request?.count ?? 0) + (bodies?.response?.count ?? 0)
    }

    private static let usualSize = 500
}
