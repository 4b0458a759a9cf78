import Primitives

/// How many processes of each role there are; a process keeps its name over restarts.
package struct FleetShape: Sendable {
    package var workers: Int
    package var schedulers: Int
    package var apis: Int

    package init(workers: Int, schedulers: Int, apis: Int) {
        self.workers = workers
        self.schedulers = schedulers
        self.apis = apis
    }

    func names(_ role: Role) -> [String] {
        let count =
            switch role {
            case .worker: workers
            case .scheduler: schedulers
            case .api: apis
            }
        return (0..<count).map { "\(role.rawValue)-\($0 + 1)" }
    }

    var names: [String] { Role.allCases.flatMap(names) }
}

package enum Role: String, CaseIterable, Sendable {
    case worker, scheduler, api

    init?(ofProcess name: String) { self.init(rawValue: String(name.prefix { $0 != "-" })) }
}

package enum Store: String, CaseIterable, Sendable, Codable {
    case redis, postgres
}

/// One fault, all of it decided before the run.
package struct PlannedFault: Sendable, Equatable {
    package var kind: FaultKind
    /// Since the start of the run.
    package var at: Duration
    package var lasts: Duration
    /// The processes that are hit, or whose links are; none when a store itself is.
    package var processes: [String]
    /// For a fault of links: to which of the stores.
    package var stores: [Store]
    /// Details, such as after how many bytes a reply is torn.
    package var seed: UInt64

    package var ends: Duration { at + lasts }

    /// What two faults cannot have at once.
    package var claims: Set<String> {
        switch kind {
        case .redisKill, .redisEmpty, .redisHang, .flush, .snapshot, .rewind, .diskFull: ["redis"]
        case .postgresRestart, .postgresCrash: ["postgres"]
        default: Set(processes)
        }
    }

    package init(kind: FaultKind, at: Duration, lasts: Duration, processes: [String] = [], stores: [Store] = [], seed: UInt64) {
        self.kind = kind
        self.at = at
        self.lasts = lasts
        self.processes = processes
        self.stores = stores
        self.seed = seed
    }

    package var text: String {
        let of = processes.isEmpty ? "" : " " + processes.joined(separator: "+")
        let to = stores.isEmpty ? "" : " to " + stores.map(\.rawValue).joined(separator: "+")
        return "\(kind.rawValue)\(of)\(to)"
    }
}
