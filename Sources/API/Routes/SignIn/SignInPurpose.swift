import Identity
import Ledger
import Primitives

/// What somebody signs in for.
enum SignInPurpose: Sendable {
    /// A client's request.
    case request(AuthorizationVisit)
    /// Their own list of programs.
    case consents(WorkspaceID)

    var workspace: WorkspaceID {
        switch self {
        case .request(let visit): visit.client.workspace
        case .consents(let workspace): workspace
        }
    }

    /// What the form's token stands for.
    var subject: String {
        switch self {
        case .request(let visit): visit.query
        case .consents(let workspace): "consents \(workspace)"
        }
    }

    /// Where to begin again with it, below the sign-in's own path.
    var address: String {
        switch self {
        case .request(let visit): "authorize?\(visit.query)"
        case .consents(let workspace): "consents?workspace=\(workspace)"
        }
    }

    var addressAfterSignIn: String {
        if case .request(let visit) = self { return "authorize?\(visit.queryAfterSignIn)" }
        return address
    }
}
