/// What can be done to the system while it works.
package enum FaultKind: String, CaseIterable, Sendable, Codable {
    case workerKill = "worker-kill"
    case workerStop = "worker-stop"
    case workerTerm = "worker-term"
    case apiKill = "api-kill"
    case schedulerKill = "scheduler-kill"
    case redisKill = "redis-kill"
    case redisEmpty = "redis-empty"
    case redisHang = "redis-hang"
    case flush
    case snapshot
    case rewind
    case diskFull = "disk-full"
    case postgresRestart = "postgres-restart"
    case postgresCrash = "postgres-crash"
    case cut
    case hole
    case tear
    case delay
    case slow

    package var summary: String {
        switch self {
        case .workerKill: "kill -9 of a worker"
        case .workerStop: "SIGSTOP of a worker past its lease"
        case .workerTerm: "a worker ends in good order"
        case .apiKill: "kill -9 of an API"
        case .schedulerKill: "kill -9 of a scheduler, or of all"
        case .redisKill: "kill -9 of Redis, back with its file"
        case .redisEmpty: "kill -9 of Redis, back empty"
        case .redisHang: "SIGSTOP of Redis"
        case .flush: "FLUSHALL"
        case .snapshot: "Redis killed and an old BGSAVE copy put back"
        case .rewind: "an old copy loaded into the running Redis, run_id and all"
        case .diskFull: "no space left for Redis"
        case .postgresRestart: "a fast restart of Postgres"
        case .postgresCrash: "an immediate stop of Postgres, recovered"
        case .cut: "connections closed, new ones refused"
        case .hole: "connections stand, nothing flows"
        case .tear: "connections closed in the middle of a reply"
        case .delay: "every message late, with jitter"
        case .slow: "a link of few bytes a second"
        }
    }

    /// How long it may last, in seconds. A stop outlasts the lease of eight.
    var seconds: ClosedRange<Double> {
        switch self {
        case .flush: 0...0
        case .workerKill, .apiKill, .postgresRestart: 0.2...2
        case .workerTerm: 0...0.5
        case .schedulerKill, .redisKill, .redisEmpty, .postgresCrash, .tear: 0.5...4
        case .workerStop: 9...13
        case .snapshot, .rewind: 2...6
        case .redisHang, .diskFull, .hole: 2...9
        case .cut, .delay, .slow: 1...6
        }
    }
}
