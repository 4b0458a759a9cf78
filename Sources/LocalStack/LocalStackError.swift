/// Why a private server could not be found, started or stopped.
package struct LocalStackError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// A program is not installed; the message names the Debian package.
        case missingBinary
        /// The data or socket folder cannot be made or used.
        case folder
        /// Another live process of ours owns the folder.
        case folderInUse
        /// A process could not be created, or ended before it was ready.
        case startFailed
        /// It runs, but did not answer before the deadline.
        case notReady
        /// A helper program (initdb, psql) failed.
        case commandFailed
        /// The caller's task was cancelled meanwhile; nothing is left running.
        case cancelled
    }
    package let code: Code
    package let message: String
    /// The last lines the server wrote, empty when it wrote none.
    package let logTail: String

    init(_ code: Code, _ message: String, logTail: String = "") {
        self.code = code
        self.message = message
        self.logTail = logTail
    }

    package var description: String {
        logTail.isEmpty ? message : "\(message)\n--- its last words ---\n\(logTail)"
    }
}
