package import Ledger

extension IndexPusher {
    /// Pushes jobs that waited for others and do not any more.
    package func push(freed jobs: [WaitingJobs.Freed]) {
        pushAgain(
            jobs.map { job in
                var push = LaneIndex.Push(job.entry, lane: job.lane.lane)
                push.delay = job.delay
                return (queue: job.lane.queue, push: push)
            })
    }
}
