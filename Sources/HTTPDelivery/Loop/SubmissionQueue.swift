/// Submissions that the loop has taken and not started, first come first served. Bounded, as the inbox is, by the transfers that may be open.
struct SubmissionQueue {
    private var submissions: [Submission] = []
    private var first = 0

    var isEmpty: Bool { first == submissions.count }

    mutating func append(_ more: [Submission]) { submissions.append(contentsOf: more) }

    mutating func popFirst() -> Submission? {
        guard !isEmpty else { return nil }
        defer {
            first += 1
            if isEmpty {
                submissions.removeAll(keepingCapacity: true)
                first = 0
            }
        }
        return submissions[first]
    }

    /// Nil when it is not waiting (any more).
    mutating func remove(_ id: UInt64) -> Submission? {
        guard let index = submissions[first...].firstIndex(where: { $0.id == id }) else { return nil }
        return submissions.remove(at: index)
    }
}
