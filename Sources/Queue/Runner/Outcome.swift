/// What an attempt came to, as the job says it. What follows from it is `Disposition`'s to decide.
package enum Outcome: Sendable {
    /// `result` is JSON text of at most 64 KiB that is kept with the job.
    case succeeded(AttemptRecord = AttemptRecord(), result: String? = nil)
    case failed(Failure)
    /// Not now: waits without having spent the attempt (law 7).
    case snoozed(Duration, reason: String, record: AttemptRecord = AttemptRecord())
    case cancelled(reason: String)
}

/// What a kind wants kept of an attempt, beside its outcome.
package struct AttemptRecord: Sendable {
    package var httpStatus: Int32?
    /// JSON text.
    package var details: String?

    package init(httpStatus: Int32? = nil, details: String? = nil) {
        self.httpStatus = httpStatus
        self.details = details
    }
}

package struct Failure: Error, Sendable {
    package enum Class: Sendable {
        /// May pass by itself. `retryAfter` is the receiver's wish.
        case transient(retryAfter: Duration? = nil)
        /// Will fail the same way again: not tried again.
        case permanent
    }

    package var `class`: Class
    /// A stable name for grouping, such as `timeout` or `http_status`.
    package var code: String
    package var message: String
    package var record: AttemptRecord
    /// When it is tried again, where the job knows better than its kind's policy: it has gone by the receiver's wish already.
    package var wait: Duration?

    package init(_ class: Class, code: String, message: String, record: AttemptRecord = AttemptRecord(), wait: Duration? = nil) {
        self.class = `class`
        self.code = code
        self.message = message
        self.record = record
        self.wait = wait
    }
}
