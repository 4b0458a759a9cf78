/// Where a job stands in its lane: its priority, and whether it is a retry, which the lane keeps apart. Ids order what is of one rank.
package struct Rank: Hashable, Sendable {
    package var priority: Int16
    package var isRetry: Bool

    package init(priority: Int16, isRetry: Bool = false) {
        self.priority = priority
        self.isRetry = isRetry
    }

    /// As the scripts have it.
    var text: String { isRetry ? "\(priority)r" : "\(priority)" }
}
