import Foundation
import Glibc
import HTTPDelivery
import LocalStack
import Postgres
import Primitives
import Redis

/// Starts a private system, hurts it while it works, and judges what came of it.
package struct ChaosRun: Sendable {
    private let plan: ChaosPlan
    /// Progress, a line at a time.
    private let say: @Sendable (String) -> Void

    /// Load after the last fault, for the recovery from it.
    private static let tail = Duration.seconds(4)

    package init(_ plan: ChaosPlan, say: @escaping @Sendable (String) -> Void) {
        self.plan = plan
        self.say = say
    }

    package func run() async throws -> ChaosReport {
        let folder = try makeTemporaryFolder("/tmp/voicera-chaos-")
        // PostgreSQL, which root runs as another user, has to get through.
        if geteuid() == 0 { chmod(folder, 0o711) }
        if !plan.keepsFolder { try ParentGuard.remove(folder) }
        say("seed \(plan.seed), folder \(folder)")
        let disk = plan.mayMount && plan.kinds.contains(.diskFull) ? try await SmallDisk.make(at: folder + "/redis") : nil
        let stack: StoreStack
        do { stack = try await StoreStack.start(in: folder, disk: disk) } catch {
            await disk?.remove()
            throw error
        }
        let result: Result<ChaosReport, any Error>
        do { result = .success(try await run(on: stack, folder: folder)) } catch { result = .failure(error) }
        await stack.stop()
        if !plan.keepsFolder { try? FileManager.default.removeItem(atPath: folder) }
        return try result.get()
    }

    private func run(on stack: StoreStack, folder: String) async throws -> ChaosReport {
        let fleet = try await Fleet(plan.shape, program: plan.program, folder: folder, stack: stack)
        defer { fleet.killAll() }
        let clock = RunClock()
        let receiver = Receiver(seed: plan.seed, clock: clock) { fleet.workers }
        try await receiver.start()
        let client = try DeliveryClient(policy: Customer.policy)
        let report = try await withThrowingTaskGroup { group in
            group.addTask { try await stack.pool.run() }
            group.addTask { try await stack.index.run() }
            defer { group.cancelAll() }
            let customer = try await open(fleet, stack, receiver, client)
            group.addTask { try await fleet.watch() }
            return try await work(fleet, stack, receiver, customer)
        }
        await client.shutDown()
        await receiver.stop()
        for proxy in fleet.links.values.joined(separator: []) { await proxy.value.close() }
        return report
    }

    /// Everything runs, and every endpoint is there.
    private func open(_ fleet: Fleet, _ stack: StoreStack, _ receiver: Receiver, _ client: DeliveryClient) async throws -> Customer {
        _ = try await fleet.command(["migrate"], stack: stack)
        let key = try await fleet.command(["keys", "create", "--new-workspace", "chaos"], stack: stack).first { $0.hasPrefix("key ") }
        guard let secret = key?.split(separator: " ").last else { throw ChaosFailure("no key was made") }
        for name in plan.shape.names { try fleet.start(name) }
        let customer = Customer(client: client, key: String(secret)) { fleet.addresses }
        try await within(.seconds(60), "an API to listen") { fleet.addresses.count == plan.shape.apis }
        for endpoint in 0..<plan.endpoints {
            let url = receiver.url(endpoint)
            let body = #"{"eventTypes":["\#(Order.toAll)","\#(Order.type(endpoint))"],"webhookUrl":"\#(url)"}"#
            let answer = await customer.post("/api/webhooks", body)
            guard answer?.status == 201 else { throw ChaosFailure("an endpoint could not be made: \(answer?.status ?? 0)") }
        }
        return customer
    }

    private func work(_ fleet: Fleet, _ stack: StoreStack, _ receiver: Receiver, _ customer: Customer) async throws -> ChaosReport {
        let clock = receiver.clock
        let load = Load(plan: plan, customer: customer, clock: clock)
        let auditor = Auditor(stack: stack, clock: clock)
        let stalls = Stalls()
        clock.begin()
        let (records, loadEnded, settled) = try await withThrowingTaskGroup { group in
            group.addTask { await load.run() }
            group.addTask { try await auditor.watch() }
            group.addTask { try await stalls.watch() }
            defer { group.cancelAll() }
            let schedule = FaultSchedule(seed: plan.seed, length: plan.length, kinds: plan.kinds, shape: plan.shape)
            let records = try await FaultInjector(fleet: fleet, stack: stack, clock: clock, say: say).run(schedule)
            let last = max(plan.length, records.map(\.healedAt).max() ?? .zero)
            try await Task.sleep(for: max(.zero, last + Self.tail - clock.now))
            load.end()
            let loadEnded = clock.now
            say("\(clock.now.tenths) s  the load ends; waiting for what is due")
            let settled = try await auditor.settle()
            load.giveUp()
            try await group.next()
            return (records, loadEnded, settled)
        }
        var evidence = Evidence()
        evidence.faults = records
        evidence.loadEnded = loadEnded
        evidence.accepted = load.accepted
        evidence.ledger = try await LedgerFindings.read(from: stack.pool)
        evidence.ledger.differences = try await auditor.differences()
        evidence.arrivals = receiver.arrivals
        evidence.crashes = fleet.crashes
        evidence.longestStall = stalls.longest
        return ChaosReport(plan: plan, evidence: evidence, verdict: Verdict(evidence), settledAfter: settled)
    }

    private func within(_ limit: Duration, _ what: String, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while !condition() {
            guard ContinuousClock.now < deadline else { throw ChaosFailure("not within \(limit): \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
