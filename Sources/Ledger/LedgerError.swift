/// What the ledger says beside the client's own errors.
package enum LedgerError: Error {
    /// A row changed between two statements of one request; nothing was written, and the same request may be made again.
    case changedMeanwhile
    /// The text is not a cursor that a list of ours gave out.
    case badCursor
    /// The leader's term has passed to another scheduler: its write was refused.
    case termLost
    /// An exact count would look into more rows than one request may.
    case tooMuchToCount
}
