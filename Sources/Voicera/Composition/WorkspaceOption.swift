import ArgumentParser
import Ledger
import Postgres
import Primitives

/// Whose data an operator's command works on.
struct WorkspaceOption: ParsableArguments {
    @Option(help: "ws_…; the oldest workspace when left out.")
    var workspace: String?

    func find(in pool: PostgresPool) async throws -> WorkspaceID {
        let table = WorkspaceTable(pool: pool)
        if let workspace {
            guard let id = WorkspaceID(workspace), try await table.find(id) != nil else { throw ValidationError("there is no workspace \(workspace)") }
            return id
        }
        guard let first = try await table.first() else {
            throw ValidationError("there is no workspace yet; voicera keys create --new-workspace NAME makes one")
        }
        return first.id
    }
}
