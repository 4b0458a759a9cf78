package import Primitives

/// How one attempt ended, on its way into the ledger.
package struct Settlement: Sendable {
    package enum Ending: Int16, Sendable {
        case succeeded = 0
        case retried = 1
        /// Waits without having spent its attempt.
        case snoozed = 2
        case dead = 3
        case cancelled = 4
    }

    package var job: JobID
    /// The attempt the worker was given: the fence (law 3).
    package var attempt: Int32
    package var ending: Ending
    /// Time until the job may run again, in microseconds from the ledger's now; for retried and snoozed.
    package var delay: Int64
    package var errorClass: String?
    package var errorMessage: String?
    /// Status the receiver answered with, where there was one.
    package var httpStatus: Int32?
    /// Time the attempt took, in microseconds.
    package var duration: Int64
    /// JSON text with what a kind wants kept of the attempt.
    package var details: String?
    /// Its lane keeps strict order: a job that is tried again stays among the waiting ones, where it is first.
    package var keepsPlace: Bool
    /// JSON text that the job leaves, for an attempt that succeeded.
    package var result: String?

    /// A larger result is not kept.
    package static let largestResult = 64 * 1024
    /// Texts longer than this are cut; a receiver chooses what it answers, and the ledger keeps it.
    static let longestText = 4000
    /// A year, in microseconds: beyond, a wait is a mistake, and the ledger's clock would overflow some day.
    static let longestDelay: Int64 = 366 * 86_400 * 1_000_000

    package init(
        job: JobID, attempt: Int32, ending: Ending, delay: Int64 = 0, errorClass: String? = nil, errorMessage: String? = nil,
        httpStatus: Int32? = nil, duration: Int64, details: String? = nil, result: String? = nil, keepsPlace: Bool = false
    ) {
        self.job = job
        self.attempt = attempt
        self.ending = ending
        self.delay = min(delay, Self.longestDelay)
        self.errorClass = errorClass.map(Self.storable)
        self.errorMessage = errorMessage.map(Self.storable)
        self.httpStatus = httpStatus
        self.duration = duration
        self.details = details.map { Self.withoutNUL($0) }
        self.keepsPlace = keepsPlace
        guard let result else { return }
        if result.utf8.count > Self.largestResult {
            self.errorMessage = "its result of \(result.utf8.count) bytes is larger than what is kept"
        } else if (try? RawJSON(Array(result.utf8))) == nil {
            self.errorMessage = "its result is no JSON and is not kept"
        } else {
            self.result = result
        }
    }

    static func storable(_ text: String) -> String {
        withoutNUL(text.utf8.count > longestText ? String(text.prefix(longestText)) : text)
    }

    /// PostgreSQL's text takes every character but NUL.
    private static func withoutNUL(_ text: String) -> String {
        text.utf8.contains(0) ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })) : text
    }
}
