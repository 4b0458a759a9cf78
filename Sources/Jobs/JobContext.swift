package import Ledger

/// What a job gets beside its payload.
package struct JobContext: Sendable {
    /// Id, workspace, lane, attempt and trace of this run.
    package let job: RunnableJob
    package let services: JobServices
}
