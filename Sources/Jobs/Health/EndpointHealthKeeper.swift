package import Ledger
package import Postgres
import Primitives
package import Queue

/// What the leader does about the endpoints' health: circuits, warnings, disabling, and what is told of them. Each round is a transaction that names the
/// term; what it decides and what it says of it are there together or not at all, and are said once.
package struct EndpointHealthKeeper: Sendable {
    private let pool: PostgresPool
    private let publisher: Publisher
    private let settings: SettingsPusher
    private let endpointSwitch: EndpointSwitch
    private let policy: HealthPolicy

    private static let perRound = 100
    private static let actor = "health"

    package init(pool: PostgresPool, publisher: Publisher, settings: SettingsPusher, policy: HealthPolicy = HealthPolicy()) {
        self.pool = pool
        self.publisher = publisher
        self.settings = settings
        self.policy = policy
        endpointSwitch = EndpointSwitch(publisher: publisher, settings: settings)
    }

    package func run(term: LeaderTerm) async throws {
        while try await exhausted(term: term) == Self.perRound {}
        while try await round(term: term) == Self.perRound {}
        for lane in try await LaneHoldTable(pool: pool).releaseOrphans(of: WebhookDeliverJob.queue, limit: Self.perRound) {
            await settings.push(lane, of: WebhookDeliverJob.queue)
        }
    }

    /// What is to be told of after the commit.
    private struct News: Sendable {
        var lanes: [LaneSettings] = []
        var jobs: [NewJob] = []
    }

    /// Reviews the endpoints whose time has come.
    /// - Returns: how many they were.
    package func round(term: LeaderTerm) async throws -> Int {
        let known = publisher.knownEpochs()
        let (count, news) = try await pool.withTransaction { connection -> (Int, News) in
            try await term.require(on: connection)
            let due = try await EndpointHealthTable.due(limit: Self.perRound, on: connection)
            var news = News()
            // Lanes are locked in the order of their names.
            let reviews = due.map { HealthReview.of($0, policy) }.sorted { $0.health.endpoint < $1.health.endpoint }
            if !reviews.isEmpty { try await EndpointHealthTable.store(reviews.map { ($0.health, $0.next) }, on: connection) }
            for review in reviews where !review.findings.isEmpty { try await act(on: review, &news, connection) }
            return (due.count, news)
        }
        publisher.push(news.jobs, under: known)
        for lane in news.lanes { await settings.push(lane, of: WebhookDeliverJob.queue) }
        return count
    }

    private func act(on review: HealthReview, _ news: inout News, _ connection: PostgresConnection) async throws {
        let (health, endpoint, workspace) = (review.health, review.health.endpoint, review.health.workspace)
        let place = EndpointSwitch.lane(of: endpoint, workspace: workspace)
        var happenings: [Publisher.Happening] = []
        for finding in review.findings {
            switch finding {
            case .opened(let rest):
                news.lanes.append(
                    try await LaneHoldTable.hold(
                        place,
                        LaneHoldTable.Order(.circuit, microseconds: rest.microseconds, reason: "too many attempts failed", by: Self.actor), on: connection))
            case .closed: news.lanes.append(try await LaneHoldTable.release(place, [.circuit], on: connection))
            case .failing:
                let change = EndpointSwitch.Change.disable(.failing, failingSince: health.failingSince)
                guard let switched = try await endpointSwitch.apply(change, to: endpoint, workspace: workspace, by: Self.actor, on: connection) else { break }
                news.jobs += switched.jobs
                if let lane = switched.lane { news.lanes.append(lane) }
            case .warning(let percent):
                let disableAt = (health.failingSince ?? health.now) + policy.disableAfter.microseconds
                happenings.append(OperationalEvent.warning(health, percent: percent, disableAt: disableAt))
            case .recovered: happenings.append(OperationalEvent.recovered(health))
            case .certificate(let expiry): happenings.append(OperationalEvent.certificate(endpoint, at: health.now, expiresAt: expiry))
            }
        }
        if !happenings.isEmpty { news.jobs += try await publisher.publish(happenings, workspace: workspace, on: connection) }
    }

    /// Tells of deliveries that were given up.
    private func exhausted(term: LeaderTerm) async throws -> Int {
        let known = publisher.knownEpochs()
        let (count, jobs) = try await pool.withTransaction { connection -> (Int, [NewJob]) in
            try await term.require(on: connection)
            let (deliveries, taken) = try await ExhaustedDelivery.take(limit: Self.perRound, besides: OperationalEvent.untold, on: connection)
            var jobs: [NewJob] = []
            for (workspace, deliveries) in Dictionary(grouping: deliveries, by: \.workspace) {
                jobs += try await publisher.publish(deliveries.map { OperationalEvent.exhausted($0) }, workspace: workspace, on: connection)
            }
            return (taken, jobs)
        }
        publisher.push(jobs, under: known)
        return count
    }
}
