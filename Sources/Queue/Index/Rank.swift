/// Where a job stands in its lane: its priority, and whether it is a retry, which the lane keeps apart. Ids order what is of one rank.
package struct Rank: Hashable, Sendable {
    package var priority: Int16
    package var isRetry: Bool

    package init(priority: Int16, isRetry: Bool = false) {
        self.priority = priority
        self.isRetry = isRetry
    }

    init?(_ text: some StringProtocol) {
        let isRetry = text.last == "r"
        guard let priority = Int16(isRetry ? text.dropLast() : text[...]) else { return nil }
        self.init(priority: priority, isRetry: isRetry)
    }

    /// As the scripts have it.
    var text: String { isRetry ? "\(priority)r" : "\(priority)" }
}
