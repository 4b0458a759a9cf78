import Foundation
import Jobs
import Ledger
import Primitives
import Queue

/// Real deliveries to a hundred endpoints, three of which are trouble.
extension BenchSystem {
    struct FairnessPlan: Sendable {
        var seconds: Int
        var perSecond: Int
        var limit: Int

        static let columns = ["p50 ms", "p99 ms", "max ms", "count", "limit/s", "served/s"]
    }

    struct FairnessFinding: Sendable {
        /// Microseconds from the answer to the publisher until the receiver's answer is here, in order.
        var waits: [Int64]
        var lane = ReceiverTally.Arrivals()
        var limit = 0

        var figures: [Double] {
            guard let last = waits.last else { return [0, 0, 0, 0, 0, 0] }
            let at = { (share: Int) in Double(waits[waits.count * share / 100]) / 1000 }
            return [at(50), at(99), Double(last) / 1000, Double(waits.count), 0, 0]
        }

        /// The first one waits for nobody, so that n arrivals are n - 1 intervals.
        var laneFigures: [Double] { [0, 0, 0, Double(lane.count), Double(limit), lane.seconds > 0 ? Double(lane.count - 1) / lane.seconds : 0] }
    }

    private static let tenants = 100
    private static let floodedPath = "/flooded"
    /// The first three.
    private static let paths = [ReceiverBehaviour.hangingPath, floodedPath, ReceiverBehaviour.throttlingPath]

    func fairness(_ plan: FairnessPlan, misbehaving: Bool) async throws -> FairnessFinding {
        let receiver = try await BenchReceiver.start()
        for tenant in 0..<Self.tenants {
            let path = misbehaving && tenant < Self.paths.count ? Self.paths[tenant] : ReceiverBehaviour.usualPath
            let endpoint = try await addEndpoint(receiver.base + path, event: "bench.tenant\(tenant)")
            if path == Self.floodedPath { try await limit(endpoint, perSecond: plan.limit) }
        }
        let waits = Waits()
        kinds.onSuccess { if let mark = $0.trace { waits.reached(mark) } }
        let expected = plan.seconds * plan.perSecond * (Self.tenants - Self.paths.count)
        let tally = try await withWorkers { () async throws -> ReceiverTally in
            try await publish(plan, misbehaving: misbehaving, waits: waits)
            // What is not delivered by then is left out of the count, which shows it.
            let patience = ContinuousClock.now + .seconds(30)
            while waits.count < expected, ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(20)) }
            // Those that hang end with the receiver.
            return try await receiver.stop()
        }
        kinds.onSuccess { _ in }
        return FairnessFinding(waits: waits.sorted, lane: tally.paths[Self.floodedPath] ?? ReceiverTally.Arrivals(), limit: plan.limit)
    }

    /// As `PUT /api/lanes/limits` does it.
    private func limit(_ endpoint: EndpointID, perSecond: Int) async throws {
        let place = LanePlace(queue: "webhooks", lane: endpoint.description, workspace: workspace)
        let limits = LaneLimits(interval: Int64(1_000_000 / perSecond), burst: 1)
        let settings = try await LaneSettingsTable(pool: pool).setLimits(limits, of: place, actor: "bench")
        await SettingsPusher(map: map, redis: redis).push(settings, of: place.queue)
    }

    /// Open loop: each comes at its time, whatever became of the last one.
    private func publish(_ plan: FairnessPlan, misbehaving: Bool, waits: Waits) async throws {
        let data = "{\"text\":\"\(String(repeating: "x", count: 386))\"}"
        let begun = ContinuousClock.now
        let perSecond = Self.tenants * plan.perSecond
        try await withThrowingTaskGroup { group in
            for number in 0..<plan.seconds * perSecond {
                try await Task.sleep(until: begun + .microseconds(number * 1_000_000 / perSecond), tolerance: .zero)
                let tenant = number % Self.tenants
                let isWatched = tenant >= Self.paths.count
                for _ in 0..<(misbehaving && Self.paths.indices.contains(tenant) && Self.paths[tenant] == Self.floodedPath ? 100 : 1) {
                    group.addTask {
                        let mark = isWatched ? Waits.mark(number) : nil
                        _ = try await publisher.publish(
                            workspace: workspace, type: "bench.tenant\(tenant)", key: nil, timestamp: nil, data: data, trace: mark, claim: nil)
                        if let mark { waits.accepted(mark) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
