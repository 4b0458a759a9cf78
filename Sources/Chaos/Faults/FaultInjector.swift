import Glibc
import LocalStack
import Primitives
import Redis

/// Does to the system what the schedule says, and undoes it.
struct FaultInjector: Sendable {
    let fleet: Fleet
    let stack: StoreStack
    let clock: RunClock
    let say: @Sendable (String) -> Void
    /// What a fault has hold of. A plan keeps two from one thing, but a slow machine may still be healing when the next is due.
    private let claims = Claims()

    init(fleet: Fleet, stack: StoreStack, clock: RunClock, say: @escaping @Sendable (String) -> Void) {
        self.fleet = fleet
        self.stack = stack
        self.clock = clock
        self.say = say
    }

    /// Every fault at its time, each healed when this returns.
    func run(_ schedule: FaultSchedule) async throws -> [FaultRecord] {
        try await withThrowingTaskGroup { group in
            for fault in schedule.faults {
                group.addTask {
                    try await Task.sleep(for: max(.zero, fault.at - clock.now))
                    try await claims.take(fault.claims)
                    let record = try await inject(fault)
                    await claims.release(fault.claims)
                    return record
                }
            }
            var records: [FaultRecord] = []
            for try await record in group { records.append(record) }
            return records.sorted { $0.startedAt < $1.startedAt }
        }
    }

    private func inject(_ fault: PlannedFault) async throws -> FaultRecord {
        var record = FaultRecord(fault: fault, startedAt: clock.now, healedAt: clock.now)
        record.workers = fault.processes.filter { $0.hasPrefix(Role.worker.rawValue) }.map(fleet.life)
        if fault.kind == .diskFull, stack.disk == nil {
            record.skipped = "no disk of its own could be mounted for Redis"
            return record
        }
        say("\(clock.now.tenths) s  \(fault.text)")
        do { record.startedAt = try await perform(fault, from: record.startedAt) } catch let error as CancellationError {
            throw error
        } catch {
            throw ChaosFailure("\(fault.text) at \(fault.at.tenths) s: \(error)")
        }
        record.healedAt = clock.now
        say("\(clock.now.tenths) s  \(fault.text) is over")
        return record
    }

    /// - Returns: when the fault itself began.
    private func perform(_ fault: PlannedFault, from start: Duration) async throws -> Duration {
        switch fault.kind {
        case .workerKill, .apiKill, .schedulerKill: try await restart(fault, by: SIGKILL)
        case .workerTerm: try await restart(fault, by: SIGTERM)
        case .workerStop: try await hold(fault) { signalAll(fault, SIGSTOP) } end: { signalAll(fault, SIGCONT) }
        case .redisKill:
            await stack.redis.kill()
            try await wait(fault)
            try await stack.redis.restart()
        case .redisEmpty:
            await stack.redis.kill()
            stack.eraseRedis()
            try await wait(fault)
            try await stack.redis.restart()
        case .redisHang: try await hold(fault) { stack.redis.pause() } end: { stack.redis.resume() }
        case .flush: _ = try await stack.index.send(["FLUSHALL"], deadline: .seconds(20))
        case .snapshot:
            try await stack.takeCopy()
            try await wait(fault)
            let begins = clock.now
            await stack.redis.kill()
            try stack.putCopyBack()
            try await stack.redis.restart()
            return begins
        case .rewind:
            try await stack.takeCopy()
            try await wait(fault)
            let begins = clock.now
            try await stack.loadCopy()
            return begins
        case .diskFull: try await hold(fault) { stack.disk?.fill() } end: { stack.disk?.free() }
        case .postgresRestart:
            await stack.postgres.stop()
            try await wait(fault)
            try await stack.postgres.restart()
        case .postgresCrash:
            await stack.postgres.stopImmediately()
            try await wait(fault)
            try await stack.postgres.restart()
        case .cut, .hole, .tear, .delay, .slow: try await hold(fault) { bend(fault, to: wire(fault)) } end: { bend(fault, to: .pass) }
        }
        return start
    }

    private func wait(_ fault: PlannedFault) async throws { try await Task.sleep(for: fault.lasts) }

    private func hold(_ fault: PlannedFault, _ begin: () -> Void, end: () -> Void) async throws {
        begin()
        defer { end() }
        try await wait(fault)
    }

    private func restart(_ fault: PlannedFault, by signal: Int32) async throws {
        for name in fault.processes { try await fleet.end(name, by: signal) }
        try await wait(fault)
        for name in fault.processes { try fleet.start(name) }
    }

    private func signalAll(_ fault: PlannedFault, _ number: Int32) {
        for name in fault.processes { fleet.signal(name, number) }
    }

    private func bend(_ fault: PlannedFault, to wire: Wire) {
        for name in fault.processes {
            for store in fault.stores { fleet.links[name]?[store]?.set(wire) }
        }
    }

    private func wire(_ fault: PlannedFault) -> Wire {
        var random = SplitMix64(seed: fault.seed)
        switch fault.kind {
        case .cut: return .cut
        case .hole: return .hole
        case .tear: return .tear(bytes: Int.random(in: 1...3000, using: &random))
        case .delay:
            let least = Int.random(in: 1...80, using: &random)
            return .delay(least: .milliseconds(least), most: .milliseconds(least + Int.random(in: 1...300, using: &random)))
        case .slow: return .slow(bytesPerSecond: Int.random(in: 4_000...60_000, using: &random))
        default: return .pass
        }
    }
}

extension Duration {
    /// Seconds with one decimal.
    package var tenths: String {
        let tenths = (milliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
