package import Queue

/// Does nothing, successfully: what the bench measures is everything around it.
package struct NoopJob: Job {
    package static let kind = "noop"

    package func perform(_ context: JobContext) async -> Outcome { .succeeded() }
}
