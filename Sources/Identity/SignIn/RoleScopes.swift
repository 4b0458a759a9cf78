package import Ledger

extension UserRole {
    /// What somebody with this role may let a program do in their name, whatever it asks for.
    ///
    /// Nobody's role has `fleet`: queues and workers are of all workspaces, and no workspace's to give away.
    package var grantable: Set<Scope> {
        switch self {
        case .learner: [.coursesRead]
        case .developer: Scope.all.subtracting([.usersWrite, .workspaceWrite, .operator, .fleet])
        case .admin: Scope.all.subtracting([.fleet])
        }
    }
}

extension Scope {
    /// For the page on which a user is asked.
    package var plainWords: String {
        switch self {
        case .usersRead: "See the users of your workspace, with their names and e-mail addresses"
        case .usersWrite: "Add, change and delete users of your workspace"
        case .coursesRead: "See courses, enrollments and results"
        case .coursesWrite: "Add, change and delete courses, enrollments and results"
        case .eventsRead: "See the events of your workspace"
        case .eventsWrite: "Publish events and process voice commands"
        case .webhooksRead: "See where webhooks are sent and how that went"
        case .webhooksWrite: "Set up webhooks, which send your workspace's events to other services"
        case .jobsRead: "See jobs and schedules"
        case .jobsWrite: "Start and cancel jobs and set up schedules"
        case .logsRead: "See the log of requests and deliveries"
        case .keysRead: "See which API keys there are"
        case .keysWrite: "Make and revoke API keys"
        case .clientsRead: "See which programs may ask for access"
        case .clientsWrite: "Register, change and remove programs that may ask for access"
        case .workspaceRead: "See the settings of your workspace"
        case .workspaceWrite: "Change the settings of your workspace"
        case .fleet: "Change queues and workers of the whole installation"
        case .operator: "Replay, change and discard failed work"
        }
    }
}
