package import Ledger

/// What a job gets beside its payload.
package struct JobContext: Sendable {
    /// Id, workspace, lane, attempt and span of this run.
    package let job: RunnableJob
    package let services: JobServices

    /// Says how far the work is, for whoever looks at the job. The latest report of a second is kept; none is waited for, and a lost one hurts nobody.
    /// - Parameters:
    ///   - progress: the part that is done, 0 to 1; nil for a sign of life.
    ///   - text: of at most 500 characters; the rest is cut off.
    package func report(progress: Double? = nil, _ text: String = "") {
        services.progress?.report(ProgressWriter.Report(job: job.id, attempt: job.attempt, progress: progress, text: text))
    }
}
