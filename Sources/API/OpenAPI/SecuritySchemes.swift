import Identity

/// How callers say who they are.
enum SecuritySchemes {
    static func all(scopes: [Scope]) -> [(String, JSON)] {
        let scopes = JSON.object(scopes.map { ($0.rawValue, .string($0.about)) })
        return [
            ("bearer", ["type": "http", "scheme": "bearer", "description": "An API key or an access token: `Authorization: Bearer …`."]),
            ("apiKey", ["type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."]),
            (
                "oauth",
                [
                    "type": "oauth2",
                    "flows": [
                        "authorizationCode": [
                            "authorizationUrl": "/api/oauth/authorize", "tokenUrl": "/api/oauth/token", "refreshUrl": "/api/oauth/token",
                            "scopes": scopes,
                        ],
                        "clientCredentials": ["tokenUrl": "/api/oauth/token", "scopes": scopes],
                    ],
                ]
            ),
            ("clientBasic", ["type": "http", "scheme": "basic", "description": "An OAuth client's id and secret, each form-encoded."]),
        ]
    }
}

extension Scope {
    /// In plain words, as a consent page says it.
    var about: String {
        switch self {
        case .usersRead: "See users."
        case .usersWrite: "Create, change and delete users."
        case .coursesRead: "See courses, enrollments and results."
        case .coursesWrite: "Create, change and delete courses, and record what users do in them."
        case .eventsRead: "See events and their types."
        case .eventsWrite: "Publish events, and define types of them."
        case .webhooksRead: "See webhooks and their deliveries."
        case .webhooksWrite: "Create, change and delete webhooks."
        case .jobsRead: "See jobs, schedules and dead letters."
        case .jobsWrite: "Enqueue, cancel and retry jobs, and schedule them."
        case .logsRead: "Read the log."
        case .keysRead: "See API keys, without their secrets."
        case .keysWrite: "Create, change, rotate and revoke API keys."
        case .clientsRead: "See OAuth clients, without their secrets."
        case .clientsWrite: "Create, change and revoke OAuth clients."
        case .workspaceRead: "See the workspace's settings."
        case .workspaceWrite: "Change the workspace's settings."
        case .fleet: "Run the queues and workers that all workspaces share."
        case .operator: "Replay, discard and repair dead letters, and pause lanes."
        }
    }
}
