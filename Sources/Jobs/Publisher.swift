import Foundation
package import Ledger
package import Postgres
package import Primitives
package import Queue

/// Publishes events: makes the body that every receiver gets, commits, and hands the delivery jobs to the index.
package struct Publisher: Sendable {
    private let writer: EventWriter
    private let pusher: IndexPusher
    private let ids: IdentifierSource

    package init(writer: EventWriter, pusher: IndexPusher, ids: IdentifierSource = .system) {
        self.writer = writer
        self.pusher = pusher
        self.ids = ids
    }

    /// - Parameters:
    ///   - key: the publisher's own id of the event, or nil for one of ours.
    ///   - timestamp: RFC 3339, when it happened; nil for now.
    ///   - data: JSON text, passed on to the byte.
    ///   - metadata: JSON text of an object for the endpoints' filters, which no receiver gets.
    ///   - only: the one endpoint that gets it, whatever that wants.
    package func publish(
        workspace: WorkspaceID, type: String, key: String?, timestamp: String?, data: String, metadata: String? = nil, only: EndpointID? = nil,
        trace: String?, claim: IdempotencyClaim?
    ) async throws -> Claimed<PublishedEvent> {
        let id = ids.next(Event.self)
        let key = key ?? id.description
        let body = Self.body(type: type, key: key, timestamp: timestamp ?? RFC3339.wholeSeconds(Int64(Date.now.timeIntervalSince1970 * 1_000_000)), data: data)
        let event = NewEvent(id: id, workspace: workspace, type: type, key: key, body: body, trace: trace, metadata: metadata, only: only)
        let known = pusher.knownEpochs()
        switch try await writer.publish(EventWriter.Request(event: event, claim: claim)) {
        case .done(let publication):
            push(publication.jobs, under: known)
            return .done(publication.event)
        case .replayed(let answer): return .replayed(answer: answer)
        case .mismatch: return .mismatch
        case .inProgress: return .inProgress
        }
    }

    /// Something that happened in the workspace, as the transaction that makes it so tells of it.
    package struct Happening: Sendable {
        package var type: String
        /// Microseconds since 1970.
        package var at: Int64
        /// JSON text.
        package var data: String
        /// The endpoint that it is about, which is not told of it.
        package var about: EndpointID?
        /// It goes to endpoints that name its type, and not to those that take all.
        package var isAskedFor = false
        /// JSON text of an object for the endpoints' filters.
        package var metadata: String?
        /// The one endpoint that is told, whatever that wants; nil for those that want it.
        package var only: EndpointID?

        package init(type: String, at: Int64, data: String) {
            self.type = type
            self.at = at
            self.data = data
        }
    }

    /// Publishes in a transaction of the caller's own, whatever the queue of webhooks takes from clients: what happened is told.
    /// - Returns: the delivery jobs, to be given to `push` after the commit.
    package func publish(
        _ happening: Happening, workspace: WorkspaceID, trace: String?, on connection: PostgresConnection
    ) async throws -> [NewJob] {
        try await publish([happening], workspace: workspace, trace: trace, on: connection)
    }

    package func publish(
        _ happenings: [Happening], workspace: WorkspaceID, trace: String? = nil, on connection: PostgresConnection
    ) async throws -> [NewJob] {
        let events = happenings.map { happening in
            let id = ids.next(Event.self)
            let key = id.description
            let body = Self.body(type: happening.type, key: key, timestamp: RFC3339.wholeSeconds(happening.at), data: happening.data)
            var event = NewEvent(
                id: id, workspace: workspace, type: happening.type, key: key, body: body, trace: trace, metadata: happening.metadata, only: happening.only)
            (event.about, event.isAskedFor) = (happening.about, happening.isAskedFor)
            return event
        }
        return try await writer.publish(events, on: connection).flatMap(\.jobs)
    }

    /// To be asked before the transaction begins, for `push`.
    package func knownEpochs() -> IndexPusher.KnownEpochs { pusher.knownEpochs() }

    /// Tells the index of jobs whose transaction is committed.
    package func push(_ jobs: [NewJob], under known: IndexPusher.KnownEpochs) {
        guard !jobs.isEmpty else { return }
        pusher.push(jobs, accepted: jobs.map { AcceptedJob(id: $0.id, isDuplicate: false, delay: 0) }, under: known)
    }

    /// The delivery job of an event and an endpoint: each endpoint is a lane of its own.
    package static func deliveryJob(ids: IdentifierSource = .system) -> EventWriter.DeliveryJob {
        { event, receiver in
            NewJob(
                id: ids.next(), workspace: event.workspace, kind: WebhookDeliverJob.kind, queue: WebhookDeliverJob.queue,
                lane: receiver.endpoint.description, payload: WebhookDeliverJob.payload(endpoint: receiver.endpoint, body: event.body),
                maxAttempts: receiver.retries.map { $0 + 1 } ?? Int32(WebhookDeliverJob.maxAttempts), trace: event.trace, laneKey: receiver.laneKey,
                payloadVersion: Int16(clamping: WebhookDeliverJob.payloadVersion))
        }
    }

    private static func body(type: String, key: String, timestamp: String, data: String) -> String {
        var body = "{\"event\":"
        body.reserveCapacity(128 + data.utf8.count)
        JSONText.append(type, to: &body)
        body += ",\"eventId\":"
        JSONText.append(key, to: &body)
        body += ",\"timestamp\":"
        JSONText.append(timestamp, to: &body)
        body += ",\"data\":"
        body += data
        body += "}"
        return body
    }
}
