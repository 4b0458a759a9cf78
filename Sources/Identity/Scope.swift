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

extension Set<Scope> {
    /// Those of the names that we know: what a row or a token says may be older or newer than this release.
    package init(names: some Sequence<some StringProtocol>) { self.init(names.compactMap { Scope(rawValue: String($0)) }) }

    /// As rows and answers have them.
    package var names: [String] { map(\.rawValue).sorted() }

    /// As OAuth writes them: one blank between two.
    package var text: String { names.joined(separator: " ") }

    package init(scopesIn text: String) { self.init(names: text.split(separator: " ")) }
}
