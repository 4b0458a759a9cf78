/// What a credential may do.
package enum Scope: String, Sendable, Hashable, CaseIterable {
    case usersRead = "users:read"
    case usersWrite = "users:write"
    case coursesRead = "courses:read"
    case coursesWrite = "courses:write"
    case eventsRead = "events:read"
    case eventsWrite = "events:write"
    case webhooksRead = "webhooks:read"
    case webhooksWrite = "webhooks:write"
    case jobsRead = "jobs:read"
    case jobsWrite = "jobs:write"
    case logsRead = "logs:read"
    /// API keys: who may make one may make it with no more than their own scopes.
    case keysRead = "keys:read"
    case keysWrite = "keys:write"
    /// OAuth clients, with the same bound.
    case clientsRead = "clients:read"
    case clientsWrite = "clients:write"
    /// What is set for a whole workspace: limits, what its log keeps.
    case workspaceRead = "workspace:read"
    case workspaceWrite = "workspace:write"
    /// Queues and workers, which all workspaces share.
    case fleet
    /// Dead letters, and whatever else changes work that others asked for.
    case `operator` = "operator"

    package static let all = Set(allCases)
}
