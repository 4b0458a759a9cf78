import Ledger
import Postgres
import Primitives
import TestSupport

extension TestAPI {
    /// Waits until the request that was answered so is in the log.
    /// - Returns: the line's id.
    @discardableResult
    func logged(_ answer: Answer) async throws -> String {
        let id = answer.headers["x-request-id"] ?? "none"
        var found: String?
        try await eventually("the log has \(id)") {
            let rows = try await pool.query("SELECT workspace_id FROM integration_log WHERE request_id = $1", [.text(id)])
            guard let workspace = try rows.first?.id(0) else { return false }
            var filter = LogFilter()
            filter.requestID = id
            found = try await LogTable(pool: pool).page(of: WorkspaceID(workspace), filter: filter, before: nil, limit: 1).rows.first?.id.description
            return found != nil
        }
        return found ?? ""
    }

    /// The whole log table as text, bodies and all.
    func everythingLogged() async throws -> String {
        try await pool.query("SELECT l::text FROM integration_log l").map { try $0.text(0) }.joined(separator: "\n")
    }
}
