package import Ledger
package import Postgres
package import Primitives
package import Queue

/// Disables, enables, pauses and resumes endpoints: status, hold of the lane and what is told of it are one transaction. What waits for an endpoint that is
/// not active waits in its lane, no attempt spent, and goes on slowly at first.
package struct EndpointSwitch: Sendable {
    package enum Change: Sendable, Equatable {
        case disable(EndpointGuard.Reason, failingSince: Int64? = nil)
        case enable
        case pause
        case resume
    }

    package enum Refusal: Error, Sendable {
        case isDisabled
        /// Its receiver has not echoed the challenge yet: only that makes it active.
        case isUnverified
    }

    package struct Switched: Sendable {
        /// False when it was so already: nothing is told then.
        package var isChanged = false
        /// What counts for its lane now, for the index.
        package var lane: LaneSettings?
        /// Deliveries of what was told, for the index.
        package var jobs: [NewJob] = []
    }

    private let publisher: Publisher?
    private let settings: SettingsPusher?

    /// - Parameters:
    ///   - publisher: nil: nobody is told.
    ///   - settings: nil: the leader tells the index.
    package init(publisher: Publisher?, settings: SettingsPusher?) {
        self.publisher = publisher
        self.settings = settings
    }

    package static func lane(of endpoint: EndpointID, workspace: WorkspaceID) -> LanePlace {
        LanePlace(queue: WebhookDeliverJob.queue, lane: endpoint.description, workspace: workspace)
    }

    /// Nil when the workspace has no such endpoint.
    /// - Parameter actor: who, for operators that find the lane held.
    package func apply(
        _ change: Change, to endpoint: EndpointID, workspace: WorkspaceID, by actor: String, on connection: PostgresConnection
    ) async throws -> Switched? {
        // In the leader's order.
        try await EndpointHealthTable.lock(endpoint, on: connection)
        let rows = try await connection.query(
            "SELECT status, now(), disabled_reason, challenged AND verified_at IS NULL FROM endpoints WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE", [.id(endpoint.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        let (status, now) = (try row.text(0), try row.timestamp(1))
        let place = Self.lane(of: endpoint, workspace: workspace)
        switch change {
        case .disable(let reason, let failingSince):
            // Waiting for a challenge is no answer to somebody who wants it disabled: the echo would make it active.
            guard try status != "disabled" || row.optionalText(2) == EndpointTable.unverified else { return Switched() }
            try await set("disabled", reason: reason, endpoint, on: connection)
            _ = try await LaneHoldTable.release(place, [.paused, .circuit], on: connection)
            let lane = try await hold(place, .disabled, "the endpoint is disabled: \(reason.words)", by: actor, on: connection)
            let jobs = try await tell(endpoint, workspace, reason, failingSince: failingSince, at: now, on: connection)
            return Switched(isChanged: true, lane: lane, jobs: jobs)
        case .pause:
            guard status != "disabled" else { throw Refusal.isDisabled }
            guard status != "paused" else { return Switched() }
            try await set("paused", reason: nil, endpoint, on: connection)
            return Switched(isChanged: true, lane: try await hold(place, .paused, "the endpoint is paused", by: actor, on: connection))
        case .enable, .resume:
            guard change == .enable || status != "disabled" else { throw Refusal.isDisabled }
            guard status != "active" else { return Switched() }
            guard try !row.bool(3) else { throw Refusal.isUnverified }
            try await set("active", reason: nil, endpoint, on: connection)
            if change == .enable { try await EndpointHealthTable.forgive(endpoint, on: connection) }
            let causes: [LaneHold.Cause] = change == .enable ? [.disabled, .paused, .circuit] : [.paused]
            return Switched(isChanged: true, lane: try await LaneHoldTable.release(place, causes, on: connection))
        }
    }

    /// Tells the index what was committed.
    package func told(_ switched: Switched, under known: IndexPusher.KnownEpochs?) async {
        if let known { publisher?.push(switched.jobs, under: known) }
        if let lane = switched.lane { await settings?.push(lane, of: WebhookDeliverJob.queue) }
    }

    /// To be asked before the transaction begins, for `told`.
    package func knownEpochs() -> IndexPusher.KnownEpochs? { publisher?.knownEpochs() }

    private func set(_ status: String, reason: EndpointGuard.Reason?, _ endpoint: EndpointID, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            UPDATE endpoints SET status = $2, disabled_at = CASE WHEN $2 = 'disabled' THEN now() END, disabled_reason = $3, updated_at = now(),
                version = version + 1
            WHERE id = $1
            """,
            [.id(endpoint.value), .text(status), reason.map { .text($0.rawValue) } ?? .null])
    }

    private func hold(
        _ place: LanePlace, _ cause: LaneHold.Cause, _ reason: String, by actor: String, on connection: PostgresConnection
    ) async throws -> LaneSettings {
        try await LaneHoldTable.hold(place, LaneHoldTable.Order(cause, microseconds: nil, reason: reason, by: actor), on: connection)
    }

    /// Somebody who disables an endpoint himself needs no alert.
    private func tell(
        _ endpoint: EndpointID, _ workspace: WorkspaceID, _ reason: EndpointGuard.Reason, failingSince: Int64?, at now: Int64,
        on connection: PostgresConnection
    ) async throws -> [NewJob] {
        guard let publisher else { return [] }
        let message = "Webhook \(endpoint) is disabled: \(reason.words)."
        var happenings = [OperationalEvent.disabled(endpoint, at: now, reason: reason, message: message, failingSince: failingSince)]
        if reason != .manual { happenings.append(OperationalEvent.alert(endpoint, at: now, message: message)) }
        return try await publisher.publish(happenings, workspace: workspace, on: connection)
    }
}

extension EndpointGuard.Reason {
    var words: String {
        switch self {
        case .gone: "its receiver answered 410"
        case .asked: "its receiver asked for nothing more"
        case .failing: "its attempts have failed for too long"
        case .manual: "somebody disabled it"
        }
    }
}
