/// Why an attempt was told to stop; each reason settles differently.
package enum CancellationReason: Sendable {
    /// The attempt took longer than its kind allows: a failure like any other.
    case deadline
    /// Another worker has the job: nothing is settled here.
    case leaseLost
    /// Somebody wants the job cancelled; why is in the ledger. It ends so unless it succeeds all the same.
    case `operator`
    /// The process stops: the job is given back, no attempt spent.
    case shutdown
}
