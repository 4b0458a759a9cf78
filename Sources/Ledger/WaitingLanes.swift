/// All lanes of a queue that have waiting jobs, in order, read a page at a time.
package struct WaitingLanes: AsyncSequence, Sendable {
    let jobs: WaitingJobs
    let queue: String

    private static let perPage = 500

    package struct AsyncIterator: AsyncIteratorProtocol {
        let jobs: WaitingJobs
        let queue: String
        var page: ArraySlice<String> = []
        var last = ""
        var isOver = false

        package mutating func next() async throws -> String? {
            if page.isEmpty, !isOver {
                page = try await jobs.lanes(of: queue, after: last, limit: WaitingLanes.perPage)[...]
                isOver = page.count < WaitingLanes.perPage
            }
            guard let lane = page.popFirst() else { return nil }
            last = lane
            return lane
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(jobs: jobs, queue: queue) }
}

extension WaitingJobs {
    package func allLanes(of queue: String) -> WaitingLanes { WaitingLanes(jobs: self, queue: queue) }
}
