import Foundation
import Glibc
import LocalStack
import Primitives
import Synchronization

/// The real processes of the system under test, each behind links of its own. One that ends by itself is noticed and started again, as a
/// supervisor would.
final class Fleet: Sendable {
    private struct Slot {
        var process: SpawnedProcess?
        var life = 0
        var isWanted = false
        var address: String?
    }

    let links: [String: [Store: LinkProxy]]
    private let program: String
    private let folder: String
    private let secretKey: String
    private let slots = Mutex<[String: Slot]>([:])
    private let crashed = Mutex<[String]>([])

    init(_ shape: FleetShape, program: String, folder: String, stack: StoreStack) async throws {
        self.program = program
        self.folder = folder
        secretKey = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        var links: [String: [Store: LinkProxy]] = [:]
        try FileManager.default.createDirectory(atPath: folder + "/logs", withIntermediateDirectories: true)
        for name in shape.names {
            let place = folder + "/" + name
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            links[name] = [
                .redis: try await LinkProxy.start(at: place + "/redis.sock", to: stack.redisSocket),
                .postgres: try await LinkProxy.start(at: place + "/.s.PGSQL.5432", to: stack.postgresSocket),
            ]
        }
        self.links = links
    }

    func start(_ name: String) throws {
        guard let role = Role(ofProcess: name) else { throw ChaosFailure("no process is called \(name)") }
        var plan = SpawnedProcess.Plan(program, [role.rawValue])
        plan.environment = environment(named: name)
        plan.endWithParent = SIGKILL
        plan.errors = .file("\(folder)/logs/\(name).log")
        let life = slots.withLock { slots in
            slots[name, default: Slot()].life += 1
            slots[name]?.isWanted = true
            slots[name]?.address = nil
            // Its earlier life is over, and must not be taken for a crash of this one.
            slots[name]?.process = nil
            return slots[name]?.life ?? 0
        }
        let said = Mutex("")
        plan.output = .pieces { piece in
            let address = said.withLock { said -> String? in
                said += String(decoding: piece, as: UTF8.self)
                return said.split(separator: "\n").first { $0.hasPrefix("listening on ") }?.split(separator: " ").last.map(String.init)
            }
            guard let address else { return }
            self.slots.withLock { slots in
                if slots[name]?.life == life { slots[name]?.address = address }
            }
        }
        let process = try SpawnedProcess(plan)
        slots.withLock { $0[name]?.process = process }
    }

    /// `kill -9`, or another signal that is to end it; returns when it is gone.
    func end(_ name: String, by number: Int32 = SIGKILL) async throws {
        let process = slots.withLock { slots in
            slots[name]?.isWanted = false
            slots[name]?.address = nil
            return slots[name]?.process
        }
        process?.signal(number)
        while let process, process.ending == nil { try await Task.sleep(for: .milliseconds(10)) }
    }

    func signal(_ name: String, _ number: Int32) { slots.withLock { _ = $0[name]?.process?.signal(number) } }

    func killAll() {
        for process in slots.withLock({ $0.values.compactMap(\.process) }) { process.signal(SIGKILL) }
    }

    /// Starts again what has ended unasked, until it is cancelled.
    func watch() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(200))
            let ended = slots.withLock { slots in
                slots.filter { $0.value.isWanted && $0.value.process?.ending != nil }.map { ($0.key, $0.value) }
            }
            for (name, slot) in ended {
                crashed.withLock { $0.append("\(name)#\(slot.life): \(slot.process?.ending ?? .unknown)") }
                try start(name)
            }
        }
    }

    /// Processes that ended though nobody ended them.
    var crashes: [String] { crashed.withLock(\.self) }
    /// Where the APIs are that listen now.
    var addresses: [String] { slots.withLock { $0.values.compactMap(\.address) } }
    var workers: [(pid: Int32, name: String)] {
        slots.withLock { slots in
            slots.filter { $0.key.hasPrefix(Role.worker.rawValue) }.compactMap { name, slot in
                slot.process.map { ($0.pid, "\(name)#\(slot.life)") }
            }
        }
    }
    /// With the number of its life: `worker-1#2`.
    func life(of name: String) -> String { slots.withLock { "\(name)#\($0[name]?.life ?? 0)" } }

    /// An operator's command, on the stores themselves; what it prints.
    func command(_ arguments: [String], stack: StoreStack) async throws -> [String] {
        var plan = SpawnedProcess.Plan(program, arguments)
        plan.environment = environment(databaseURL: stack.databaseURL, redisURL: stack.redisURL)
        plan.endWithParent = SIGKILL
        let said = Mutex<[UInt8]>([])
        plan.output = .pieces { piece in said.withLock { $0 += piece } }
        plan.errors = .file("\(folder)/logs/commands.log")
        let process = try SpawnedProcess(plan)
        while !process.isDrained { try await Task.sleep(for: .milliseconds(10)) }
        guard process.ending == .exited(0) else {
            throw ChaosFailure("\(arguments.joined(separator: " ")) failed: see \(folder)/logs/commands.log")
        }
        return said.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").map(String.init)
    }

    private func environment(named name: String) -> [String: String] {
        environment(databaseURL: "postgres://voicera@/voicera?host=\(folder)/\(name)", redisURL: "unix://\(folder)/\(name)/redis.sock")
    }

    /// Nothing of the caller's own settings steers the processes.
    private func environment(databaseURL: String, redisURL: String) -> [String: String] {
        processEnvironment().filter { !$0.key.hasPrefix("VOICERA_") && !$0.key.hasPrefix("PG") }.merging([
            "DATABASE_URL": databaseURL, "REDIS_URL": redisURL, "VOICERA_SECRET_KEY": secretKey, "VOICERA_ALLOW_TARGETS": "127.0.0.0/8",
            "VOICERA_LISTEN": "127.0.0.1:0", "VOICERA_DRAIN": "5s", "VOICERA_LOG_LEVEL": "info",
        ]) { $1 }
    }
}
