import Ledger
package import Postgres
package import Primitives
package import Queue
import Synchronization

/// What a delivery may do to its endpoint beyond its own outcome.
package final class EndpointGuard: Sendable {
    /// Why an endpoint was disabled, as its reader sees it.
    package enum Reason: String, Sendable {
        /// 410.
        case gone
        /// `webhook-delivery: disable`.
        case asked
        /// No success within the window.
        case failing
        case manual
    }

    private let pool: PostgresPool
    private let endpointSwitch: EndpointSwitch
    private let settings: SettingsPusher?
    private let notes: HealthNotes
    private let now: @Sendable () -> ContinuousClock.Instant
    /// What this worker has said of lanes that are held, by their names.
    private let held = Mutex<[String: (until: ContinuousClock.Instant, said: ContinuousClock.Instant)]>([:])
    private static let mostHeld = 10_000
    private static let tallies = 1000
    /// A hold that would end hardly later than the one that was said is not said again.
    private static let slack = Duration.milliseconds(500)
    /// Then it is said again: somebody may have let the lane go meanwhile.
    private static let memory = Duration.seconds(30)

    /// - Parameters:
    ///   - publisher: nil: nobody is told of what happens to an endpoint.
    ///   - settings: nil: holds reach the index with the leader.
    package init(
        pool: PostgresPool, publisher: Publisher? = nil, settings: SettingsPusher? = nil, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.pool = pool
        self.settings = settings
        self.now = now
        endpointSwitch = EndpointSwitch(publisher: publisher, settings: settings)
        notes = HealthNotes(now: now)
    }

    /// Remembered for the endpoint's health: never waits, never fails.
    package func note(_ note: DeliveryNote) { notes.add(note) }

    /// Writes what was noted: one statement a thousand endpoints. What cannot be written now is kept for the next time.
    package func flush() async throws {
        var taken = notes.take()[...]
        while !taken.isEmpty {
            let part = taken.prefix(Self.tallies)
            do {
                try await EndpointHealthTable(pool: pool).add(part.map { notes.tally($0.0, $0.1) })
            } catch {
                notes.putBack(Array(taken))
                throw error
            }
            taken = taken.dropFirst(part.count)
        }
    }

    /// Events that come while it is disabled are kept, and what waits for it waits. Nothing when it is disabled already.
    package func disable(_ endpoint: EndpointID, workspace: WorkspaceID, reason: Reason) async throws {
        let known = endpointSwitch.knownEpochs()
        let switched = try await pool.withTransaction {
            try await self.endpointSwitch.apply(.disable(reason), to: endpoint, workspace: workspace, by: "receiver", on: $0)
        }
        if let switched { await endpointSwitch.told(switched, under: known) }
    }

    /// The endpoint's lane waits: nothing of it is tried before then, and waiting costs no attempt. In the ledger first, so that a lost index keeps it;
    /// then the index is told. Answers that come together, and say about the same, are one hold.
    /// - Parameter lane: nil: the endpoint's own.
    package func hold(_ endpoint: EndpointID, workspace: WorkspaceID, lane: String? = nil, for wait: Duration, reason: String) async throws {
        var place = EndpointSwitch.lane(of: endpoint, workspace: workspace)
        if let lane { place.lane = lane }
        let (name, now) = (place.lane, now())
        let isNews = held.withLock { held in
            if let known = held[name], known.until + Self.slack >= now + wait, now < known.said + Self.memory { return false }
            if held.count >= Self.mostHeld { held.removeAll() }
            held[name] = (until: now + wait, said: now)
            return true
        }
        guard isNews else { return }
        do {
            let order = LaneHoldTable.Order(.throttle, microseconds: max(1, wait.microseconds), reason: reason, by: "receiver", extends: true)
            let lane = try await LaneHoldTable(pool: pool).hold(place, order)
            await settings?.push(lane, of: WebhookDeliverJob.queue)
        } catch {
            _ = held.withLock { $0.removeValue(forKey: name) }
            throw error
        }
    }
}
