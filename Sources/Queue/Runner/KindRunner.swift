package import Ledger

/// What the engine needs to know of a kind to run its jobs.
package struct RunPolicy: Sendable {
    package var retry: RetryPolicy
    /// Longest time one attempt may take.
    package var deadline: Duration

    package init(retry: RetryPolicy = .standard, deadline: Duration = .seconds(60)) {
        self.retry = retry
        self.deadline = deadline
    }
}

/// Runs jobs by kind. The engine below knows nothing of kinds; whoever composes a worker gives it one of these.
package protocol KindRunner: Sendable {
    /// Nil for a kind that this process does not have: its jobs are buried with a reason.
    func policy(of kind: String) -> RunPolicy?
    /// Never throws: what goes wrong is an outcome. Returns soon after the task is cancelled.
    func perform(_ job: RunnableJob) async -> Outcome
}
