/// What a credential may do.
package enum Scope: String, Sendable, Hashable, CaseIterable {
    case eventsWrite = "events:write"
    case webhooksRead = "webhooks:read"
    case webhooksWrite = "webhooks:write"
    case jobsRead = "jobs:read"
    case jobsWrite = "jobs:write"
    case logsRead = "logs:read"
    /// Queues and workers, which all workspaces share.
    case fleet
    /// Dead letters, and whatever else changes work that others asked for.
    case `operator` = "operator"

    package static let all = Set(allCases)
}
