import Postgres
package import Primitives

/// What the leader does with erasures: a page of one place at a time. Rows, counts and cursor are one transaction, which locks the erasure's row and looks at
/// the leader's term: after a crash at any moment the next leader goes on where the last commit was, and no row is counted twice.
extension ErasureTable {
    package enum Step: Sendable, Equatable {
        /// A page was looked through; or another place begins.
        case moved
        /// Jobs that it cancels are running still; what they write is looked at when they have ended.
        case waits
        /// It is not running any more.
        case over
    }

    private struct Walk {
        var erasure: Erasure
        var workspace: WorkspaceID
        var subject: ErasureSubject
        var round: Int32
        var place: Int
        var cursor: [String]?
        var counts: [(place: String, rows: Int64)]
    }

    /// For the leader: goes on with all that run; rests after each page for three times as long as it took.
    package func run(term: LeaderTerm) async throws {
        // One that fails is tried again, and keeps nobody behind it waiting.
        var failure: (any Error)?
        for row in try await pool.query("SELECT id FROM erasures WHERE state = 'running' ORDER BY id LIMIT \(Self.mostOpen)") {
            let id = ErasureID(try row.id(0))
            do {
                var begun = ContinuousClock.now
                while try await step(id, term: term) == .moved {
                    try await Task.sleep(for: (ContinuousClock.now - begun) * 3)
                    begun = .now
                }
            } catch let error as PostgresError where error.code == .decoding {
                try await pool.withConnection { try await Self.end(id, as: .failed, because: "\(error)", on: $0) }
            } catch let error as PostgresError {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    package func step(_ id: ErasureID, term: LeaderTerm) async throws -> Step {
        try await pool.withTransaction { connection in
            let leads = try await connection.query(
                "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
            guard !leads.isEmpty else { throw LedgerError.termLost }
            guard let walk = try await Self.walk(id, on: connection) else { return .over }
            return try await Self.step(walk, on: connection)
        }
    }

    private static func walk(_ id: ErasureID, on connection: PostgresConnection) async throws -> Walk? {
        let rows = try await connection.query(
            "SELECT \(Erasure.columns), workspace_id, subject, round, place, cursor FROM erasures WHERE id = $1 AND state = 'running' FOR UPDATE",
            [.id(id.value)])
        guard let row = rows.first else { return nil }
        let (erasure, next) = (try Erasure(row), Erasure.columnCount)
        guard let subject = ErasureSubject(kind: erasure.kind.rawValue, text: try row.text(next + 1)) else { return nil }
        let counts = try RawJSON(Array(erasure.counts.utf8)).members ?? []
        return Walk(
            erasure: erasure, workspace: WorkspaceID(try row.id(next)), subject: subject, round: try row.int32(next + 2),
            place: Int(try row.int32(next + 3)), cursor: try row.optionalTexts(next + 4),
            counts: counts.map { (place: $0.name, rows: $0.value.integer ?? 0) })
    }

    private static func step(_ current: Walk, on connection: PostgresConnection) async throws -> Step {
        var walk = current
        guard walk.place < ErasurePlace.all.count else { return try await endOfRound(walk, on: connection) }
        let place = ErasurePlace.all[walk.place]
        guard walk.round == 1 || place.isWalkedTwice else {
            walk.place += 1
            try await store(walk, cancelled: 0, on: connection)
            return .moved
        }
        // The second round looks at the log from the beginning of the erasure on.
        if walk.round > 1, walk.cursor == nil, place.key[0].type == "timestamptz" { walk.cursor = [RFC3339.text(walk.erasure.createdAt), "0"] }
        let isDryRun = walk.erasure.isDryRun
        let end = try await place.endOfPage(after: walk.cursor, workspace: walk.workspace, on: connection)
        let erased = try await place.suspects(
            after: walk.cursor, upTo: end, pattern: walk.subject.pattern, workspace: walk.workspace, isLocking: !isDryRun, on: connection
        ).compactMap { place.erased($0, walk.subject) }
        var cancelled: Int64 = 0
        if !isDryRun {
            try await place.store(erased, workspace: walk.workspace, on: connection)
            if place.table == "jobs" { cancelled = try await cancel(erased.map { $0.key[0] }, walk, on: connection) }
        }
        if let index = walk.counts.firstIndex(where: { $0.place == place.name }) {
            walk.counts[index].rows += Int64(erased.count)
        } else {
            walk.counts.append((place: place.name, rows: Int64(erased.count)))
        }
        (walk.cursor, walk.place) = (end, walk.place + (end == nil ? 1 : 0))
        try await store(walk, cancelled: cancelled, on: connection)
        return .moved
    }

    /// A job that waits and says something of the person is not run any more: what it would send has gone, and was not to be sent. One that is running ends with
    /// its attempt.
    private static func cancel(_ ids: [String], _ walk: Walk, on connection: PostgresConnection) async throws -> Int64 {
        guard !ids.isEmpty else { return 0 }
        return try await connection.query(
            """
            WITH marked AS (
                UPDATE jobs SET cancel_reason = 'it spoke of a person who is erased', cancelled_by = $3
                WHERE workspace_id = $1 AND id = ANY ($2::text[]::uuid[]) AND state = 'pending' AND cancel_reason IS NULL RETURNING 1)
            SELECT count(*) FROM marked
            """, [.id(walk.workspace.value), .texts(ids), .text(walk.erasure.id.description)]
        ).first?.int64(0) ?? 0
    }

    private static func endOfRound(_ current: Walk, on connection: PostgresConnection) async throws -> Step {
        var walk = current
        if walk.round == 1, !walk.erasure.isDryRun {
            let running = try await connection.query(
                "SELECT 1 FROM jobs WHERE state = 'pending' AND cancel_reason IS NOT NULL AND workspace_id = $1 AND cancelled_by = $2 LIMIT 1",
                [.id(walk.workspace.value), .text(walk.erasure.id.description)])
            guard running.isEmpty else { return .waits }
            (walk.round, walk.place, walk.cursor) = (2, 0, nil)
            try await store(walk, cancelled: 0, on: connection)
            return .moved
        }
        try await end(walk.erasure.id, as: .done, because: nil, on: connection)
        try await OperatorActionTable.record(
            workspace: walk.workspace, actor: walk.erasure.author, action: "erasures.done",
            detail: #"{"erasureId":"\#(walk.erasure.id)","dryRun":\#(walk.erasure.isDryRun),"counts":\#(walk.erasure.counts)}"#, on: connection)
        return .over
    }

    private static func store(_ walk: Walk, cancelled: Int64, on connection: PostgresConnection) async throws {
        let counts = "{" + walk.counts.map { "\"\($0.place)\":\($0.rows)" }.joined(separator: ",") + "}"
        _ = try await connection.query(
            """
            UPDATE erasures SET round = $2, place = $3, cursor = $4, counts = $5, jobs_cancelled = jobs_cancelled + $6, updated_at = now() WHERE id = $1
            """,
            [
                .id(walk.erasure.id.value), .int32(walk.round), .int32(Int32(walk.place)), .optional(texts: walk.cursor), .text(counts), .int64(cancelled),
            ])
    }

    private static func end(_ id: ErasureID, as state: Erasure.State, because reason: String?, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            "UPDATE erasures SET state = $2, subject = NULL, error = $3, updated_at = now(), ended_at = now() WHERE id = $1 AND state = 'running'",
            [.id(id.value), .text(state.rawValue), .optional(reason.map(Settlement.storable))])
    }
}
