package import Postgres
package import Primitives

/// The lanes of a workspace that have something: jobs that wait, or settings.
package struct LaneCensus: Sendable {
    package struct Found: Sendable {
        package var settings: LaneSettings
        /// Of the lane's first waiting job, in microseconds since 1970; nil when nothing waits.
        package var oldestDueAt: Int64?
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// In the order of the stored names, after the given one. A workspace's own lanes begin with its id; the others are its endpoints'.
    /// - Parameter names: only these stored names.
    package func lanes(of queue: String, workspace: WorkspaceID, named names: [String]? = nil, after last: String, limit: Int) async throws -> [Found] {
        let table = LaneSettingsTable(pool: pool)
        var settings: [String: LaneSettings] = [:]
        for lane in try await table.list(of: queue, workspace: workspace, limit: Self.mostLanes) { settings[lane.lane] = lane }
        let candidates = Set(settings.keys).union(try await endpoints(of: workspace)).union(try await own(of: queue, workspace: workspace))
        let chosen = candidates.filter { $0 > last && names?.contains($0) != false }.sorted()
        let oldest = try await oldest(of: chosen, queue: queue)
        return chosen.filter { settings[$0] != nil || oldest[$0] != nil }.prefix(limit).map {
            Found(settings: settings[$0] ?? LaneSettings(lane: $0), oldestDueAt: oldest[$0])
        }
    }

    /// More lanes than this of one workspace are not looked at; a lane beyond is found by its name.
    private static let mostLanes = 10_000

    private func own(of queue: String, workspace: WorkspaceID) async throws -> [String] {
        let waiting = WaitingJobs(pool: pool)
        let prefix = workspace.description
        var lanes = [prefix]
        while lanes.count < Self.mostLanes {
            let page = try await waiting.lanes(of: queue, after: lanes.last ?? prefix).prefix { $0.hasPrefix(prefix) }
            if page.isEmpty { break }
            lanes += page
        }
        return lanes
    }

    private func endpoints(of workspace: WorkspaceID) async throws -> [String] {
        try await pool.query(
            "SELECT id FROM endpoints WHERE workspace_id = $1 ORDER BY workspace_id, id LIMIT $2", [.id(workspace.value), .int64(Int64(Self.mostLanes))]
        ).map { EndpointID(try $0.id(0)).description }
    }

    private func oldest(of lanes: [String], queue: String) async throws -> [String: Int64] {
        let rows = try await pool.query(
            """
            SELECT l.lane, min(w.run_at) FROM unnest($2::text[]) AS l (lane) CROSS JOIN LATERAL (
                (SELECT run_at FROM jobs j WHERE j.queue = $1 AND j.lane = l.lane AND j.state = 'pending' AND NOT j.delayed AND j.failures = 0
                ORDER BY j.queue, j.lane, j.priority, j.id LIMIT 1)
                UNION ALL
                (SELECT run_at FROM jobs j WHERE j.queue = $1 AND j.lane = l.lane AND j.state = 'pending' AND NOT j.delayed AND j.failures > 0
                ORDER BY j.queue, j.lane, j.priority, j.id LIMIT 1)) w
            GROUP BY l.lane
            """, [.text(queue), .texts(lanes)])
        var oldest: [String: Int64] = [:]
        for row in rows { oldest[try row.text(0)] = try row.timestamp(1) }
        return oldest
    }
}
