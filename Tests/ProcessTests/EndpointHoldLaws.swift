import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

/// What holds the lanes of endpoints, and what ends it.
@Suite struct EndpointHoldLaws {
    private func change(_ stage: HealthStage, _ change: EndpointSwitch.Change, _ endpoint: EndpointID) async throws -> EndpointSwitch.Switched? {
        let endpoints = EndpointSwitch(publisher: stage.publisher, settings: stage.settings)
        let switched = try await stage.pool.withTransaction {
            try await endpoints.apply(change, to: endpoint, workspace: stage.workspace, by: "test", on: $0)
        }
        if let switched { await endpoints.told(switched, under: endpoints.knownEpochs()) }
        return switched
    }

    @Test func `a throttle holds the lane in the index and the ledger, and answers that come together are one hold`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let guardian = stage.guardian()
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { [workspace = stage.workspace] in try await guardian.hold(endpoint, workspace: workspace, for: .seconds(60), reason: "429") }
                }
                try await group.waitForAll()
            }
            let changed = try await stage.pool.query("SELECT updated_at FROM lanes").first?.timestamp(0)
            #expect(try #require(try await stage.opens(endpoint)) > .seconds(50))
            try await guardian.hold(endpoint, workspace: stage.workspace, for: .seconds(59), reason: "429")
            #expect(try await stage.pool.query("SELECT updated_at FROM lanes").first?.timestamp(0) == changed, "it said so already")
            try await guardian.hold(endpoint, workspace: stage.workspace, for: .seconds(300), reason: "503")
            #expect(try await stage.lane(endpoint)?.parkedReason == "503")
            #expect(try #require(try await stage.opens(endpoint)) > .seconds(250))

            // The index is lost: the next one is told by the leader.
            _ = try await stage.index.reset(to: 2)
            try await stage.index.open(2)
            try await stage.index.configure(try await LaneSettingsTable(pool: stage.pool).all(of: "webhooks"))
            #expect(try #require(try await stage.opens(endpoint)) > .seconds(250))
        }
    }

    @Test func `a hold that somebody ended is placed anew by the next answer after a while`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let place = EndpointSwitch.lane(of: endpoint, workspace: stage.workspace)
            let start = ContinuousClock.now
            let passed = Passed()
            let guardian = stage.guardian { start + passed.time.withLock { $0 } }
            try await guardian.hold(endpoint, workspace: stage.workspace, for: .seconds(3600), reason: "429")
            _ = try await LaneHoldTable(pool: stage.pool).release(place, [.throttle])
            try await guardian.hold(endpoint, workspace: stage.workspace, for: .seconds(60), reason: "429")
            #expect(try await stage.lane(endpoint)?.parkedCause == nil, "this worker has just said so")
            passed.time.withLock { $0 = .seconds(31) }
            try await guardian.hold(endpoint, workspace: stage.workspace, for: .seconds(60), reason: "429")
            #expect(try await stage.lane(endpoint)?.parkedCause == "throttle")
        }
    }

    @Test func `an operator's pause outlives the throttle, the circuit and a change of status`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            let place = EndpointSwitch.lane(of: endpoint, workspace: stage.workspace)
            _ = try await LaneSettingsTable(pool: stage.pool).park(place, microseconds: nil, reason: "repair", actor: "cli")
            try await stage.guardian().hold(endpoint, workspace: stage.workspace, for: .seconds(60), reason: "429")
            _ = try await change(stage, .disable(.manual), endpoint)
            _ = try await change(stage, .enable, endpoint)
            #expect(try await stage.lane(endpoint)?.parkedCause == "operator")
            #expect(try await stage.opens(endpoint) == nil)
            _ = try await LaneSettingsTable(pool: stage.pool).unpark(place, actor: "cli")
            #expect(try await stage.lane(endpoint)?.parkedCause == "throttle")
        }
    }

    @Test func `enabling lets go of the lane, slowly, and forgives`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            try await stage.fail(endpoint, hours: 130)
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.status(endpoint) == "disabled")
            await #expect(throws: EndpointSwitch.Refusal.self) { _ = try await change(stage, .pause, endpoint) }
            #expect(try await change(stage, .enable, endpoint)?.isChanged == true)
            #expect(try await change(stage, .enable, endpoint)?.isChanged == false)
            #expect(try await stage.status(endpoint) == "active")
            let health = try #require(try await stage.health(endpoint))
            #expect(health.failingSince == nil && health.failuresSinceSuccess == 0 && health.warned == 0)
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.status(endpoint) == "active")

            let jobs = (0..<6).map { _ in
                NewJob(
                    id: IdentifierSource.system.next(), workspace: stage.workspace, kind: "webhook.deliver", queue: "webhooks", lane: endpoint.description,
                    payload: "{}", maxAttempts: 3)
            }
            _ = try await stage.index.enqueue(jobs.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: 0) }, knownEpoch: "")
            _ = try await stage.index.reassert(worker: "w", session: 1, holding: [])
            guard case .stepped(let step) = try await stage.index.step(
                worker: "w", epoch: "1", session: 1, beat: 0, settled: [], returned: [], want: 100)
            else { return #expect(Bool(false), "it steps") }
            #expect(step.claims.count == 1, "one at a time at first")
        }
    }

    @Test func `pausing and resuming tell nobody, and hold and release the lane`() async throws {
        try await HealthStage.run { stage in
            let endpoint = try await stage.endpoint("{a.b}")
            _ = try await stage.endpoint("{endpoint.disabled,system.alert}")
            #expect(try await change(stage, .pause, endpoint)?.lane?.parkedCause == "paused")
            #expect(try await stage.opens(endpoint) == nil)
            #expect(try await change(stage, .resume, endpoint)?.lane?.parked == 0)
            #expect(try await stage.opens(endpoint) != nil)
            #expect(try await change(stage, .pause, IdentifierSource.system.next()) == nil)
            #expect(try await stage.process.number("SELECT count(*) FROM events") == 0)
        }
    }

    @Test func `the lane of an endpoint that was deleted is let go, so that what waits comes to its end`() async throws {
        try await HealthStage.run { stage in
            let (deleted, kept) = (try await stage.endpoint("{a.b}"), try await stage.endpoint("{a.b}"))
            for endpoint in [deleted, kept] { _ = try await change(stage, .disable(.manual), endpoint) }
            _ = try await stage.pool.query("DELETE FROM endpoints WHERE id = $1", [.id(deleted.value)])
            try await stage.keeper.run(term: stage.term)
            #expect(try await stage.lane(deleted)?.parked == 0)
            #expect(try await stage.opens(deleted) != nil)
            #expect(try await stage.lane(kept)?.parked == -1)
            #expect(try await stage.opens(kept) == nil)
        }
    }
}

/// Time that a test lets pass.
private final class Passed: Sendable {
    let time = Mutex(Duration.zero)
}
