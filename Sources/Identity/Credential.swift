package import Primitives

/// Who makes a request, and what they may do.
package struct Credential: Sendable, Equatable {
    /// What was presented, and so what is counted, limited and named in the log.
    package enum Principal: Sendable, Hashable {
        case key(APIKeyID)
        /// A program for itself (client credentials).
        case client(OAuthClientID)
        /// A person, through a program.
        case user(UserID, by: OAuthClientID)
    }

    package var workspace: WorkspaceID
    package var principal: Principal
    package var scopes: Set<Scope>

    package init(workspace: WorkspaceID, principal: Principal, scopes: Set<Scope>) {
        self.workspace = workspace
        self.principal = principal
        self.scopes = scopes
    }
}

extension Credential.Principal {
    /// Tells two programs of one person apart, which `description` does not.
    package var whole: String {
        if case .user(let user, by: let client) = self { return "\(user) \(client)" }
        return description
    }
}

extension Credential.Principal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .key(let id): id.description
        case .client(let id): id.description
        case .user(let id, _): id.description
        }
    }
}
