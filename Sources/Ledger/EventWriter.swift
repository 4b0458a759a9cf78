package import Postgres
package import Primitives
import ServiceLifecycle

/// An event as it is published.
package struct NewEvent: Sendable {
    package var id: EventID
    package var workspace: WorkspaceID
    package var type: String
    /// The public id: the publisher's own, or our id's text. One event a key and workspace.
    package var key: String
    /// What every receiver gets, to the byte.
    package var body: String
    package var trace: String?
    /// The endpoint that it is about, which does not get it.
    package var about: EndpointID?
    /// It goes to endpoints that name its type, and not to those that take all.
    package var isAskedFor = false
    /// JSON text of an object that filters may ask for; no receiver gets it.
    package var metadata: String?
    /// Goes to this endpoint alone, whatever that wants.
    package var only: EndpointID?

    package init(
        id: EventID, workspace: WorkspaceID, type: String, key: String, body: String, trace: String?, metadata: String? = nil, only: EndpointID? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.type = type
        self.key = key
        self.body = body
        self.trace = trace
        self.metadata = metadata
        self.only = only
    }
}

package struct PublishedEvent: Sendable, Equatable {
    package var key: String
    /// Endpoints that it goes to.
    package var deliveries: Int
    /// The key was published before; this is the first publication's answer.
    package var isDuplicate: Bool
}

/// Publishes events: the event, its deliveries and their jobs in one transaction, many events a commit.
package struct EventWriter: Service {
    package struct Request: Sendable {
        package var event: NewEvent
        package var claim: IdempotencyClaim?

        package init(event: NewEvent, claim: IdempotencyClaim? = nil) {
            self.event = event
            self.claim = claim
        }
    }

    package struct Publication: Sendable {
        package var event: PublishedEvent
        /// The delivery jobs that this publication made, for the index.
        package var jobs: [NewJob]
    }

    /// Makes the job that delivers an event to an endpoint. The kinds live above the ledger, so they are given to it.
    package typealias DeliveryJob = @Sendable (_ event: NewEvent, _ receiver: EventReceiver) -> NewJob

    private let commits: GroupCommit<Request, Claimed<Publication>>
    private let deliveryJob: DeliveryJob

    package init(pool: PostgresPool, parallelCommits: Int = 2, deliveryJob: @escaping DeliveryJob) {
        self.deliveryJob = deliveryJob
        commits = GroupCommit(writer: "events", rowsPerBatch: 200, parallelCommits: parallelCommits) { batch in
            try await pool.withTransaction { connection in
                try await Self.commit(batch, slot: .any(), deliveryJob: deliveryJob, on: connection)
            }
        }
    }

    package func run() async throws { try await commits.run() }

    /// What waits for its commit.
    package var backlog: Int { commits.backlog }

    /// Returns after the commit.
    package func publish(_ request: Request) async throws -> Claimed<Publication> {
        try await commits.submit(request)
    }

    /// Publishes in a transaction of the caller's own: events, deliveries, jobs and counters are there with what they tell of, or none of it is.
    package func publish(_ events: [NewEvent], on connection: PostgresConnection) async throws -> [Publication] {
        try await Self.insert(events, slot: .any(), deliveryJob: deliveryJob, on: connection)
    }

    private static func commit(
        _ batch: [Request], slot: CounterSlot, deliveryJob: DeliveryJob, on connection: PostgresConnection
    ) async throws -> [Claimed<Publication>] {
        var answers = [Claimed<Publication>?](repeating: nil, count: batch.count)
        let claiming = batch.indices.filter { batch[$0].claim != nil }
        let verdicts = claiming.isEmpty ? [] : try await ClaimTable.take(claiming.compactMap { batch[$0].claim }, on: connection)
        for (index, verdict) in zip(claiming, verdicts) {
            switch verdict {
            case .granted: break
            case .replayed(let answer): answers[index] = .replayed(answer: answer)
            case .mismatch: answers[index] = .mismatch
            case .inProgress: answers[index] = .inProgress
            }
        }

        let open = batch.indices.filter { answers[$0] == nil }
        let publications = try await insert(open.map { batch[$0].event }, slot: slot, deliveryJob: deliveryJob, on: connection)
        var stored: [(IdempotencyClaim, String)] = []
        for (index, publication) in zip(open, publications) {
            answers[index] = .done(publication)
            if let claim = batch[index].claim { stored.append((claim, "\(publication.event.key) \(publication.event.deliveries)")) }
        }
        try await ClaimTable.store(stored, on: connection)
        return answers.map { $0 ?? .inProgress }
    }

    /// One publication an event, in order.
    private static func insert(
        _ events: [NewEvent], slot: CounterSlot, deliveryJob: DeliveryJob, on connection: PostgresConnection
    ) async throws -> [Publication] {
        guard !events.isEmpty else { return [] }
        let receivers = EventReceivers.narrowed(try await EventRows.receivers(of: events, on: connection), for: events)
        let fresh = try await EventRows.insert(events, deliveries: receivers.map(\.count), on: connection)
        let earlier = try await EventRows.earlier(events.filter { !fresh.contains($0.id) }, on: connection)
        var publications: [Publication] = []
        var deliveries: [EventRows.DeliveryRow] = []
        for (event, receivers) in zip(events, receivers) {
            guard fresh.contains(event.id) else {
                let count = earlier[EventRows.Key(workspace: event.workspace, key: event.key)] ?? 0
                publications.append(Publication(event: PublishedEvent(key: event.key, deliveries: count, isDuplicate: true), jobs: []))
                continue
            }
            let jobs = receivers.map { deliveryJob(event, $0) }
            deliveries += zip(jobs, receivers).map { EventRows.DeliveryRow(job: $0, event: event.id, endpoint: $1.endpoint) }
            publications.append(Publication(event: PublishedEvent(key: event.key, deliveries: jobs.count, isDuplicate: false), jobs: jobs))
        }
        try await EventRows.insert(deliveries, slot: slot, on: connection)
        return publications
    }
}
