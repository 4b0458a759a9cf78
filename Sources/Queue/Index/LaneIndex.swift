package import Ledger
package import Primitives
package import Redis

/// The index of one shard: typed calls of the scripts. It keeps nothing of its own.
package struct LaneIndex: Sendable {
    package let shard: Shard
    package let tuning: IndexTuning
    let redis: RedisClient

    package init(shard: Shard, redis: RedisClient, tuning: IndexTuning = IndexTuning()) {
        self.shard = shard
        self.redis = redis
        self.tuning = tuning
    }

    /// One job for the index. Without an envelope it is second-hand.
    package struct Push: Sendable {
        package var id: JobID
        package var lane: String
        package var rank: Rank
        package var laneKey: String?
        /// Microseconds until it is due; 0 for now, -1 for now and past a full window.
        package var delay: Int64
        package var envelope: [UInt8]

        package init(id: JobID, lane: String, priority: Int16, laneKey: String? = nil, isRetry: Bool = false, delay: Int64 = 0, envelope: [UInt8] = []) {
            self.id = id
            self.lane = lane
            rank = Rank(priority: priority, isRetry: isRetry)
            self.laneKey = laneKey
            self.delay = delay
            self.envelope = envelope
        }

        /// Second-hand, of what the ledger has waiting.
        package init(_ entry: WaitingJobs.Entry, lane: String) {
            self.init(id: entry.id, lane: lane, priority: entry.priority, laneKey: entry.laneKey, isRetry: entry.isRetry)
        }

        /// The same of one that claimed jobs wait behind: what fills the window may be nothing but such.
        package init(bringingForward entry: WaitingJobs.Entry, lane: String) {
            self.init(entry, lane: lane)
            delay = -1
        }
    }

    package enum Reception: Sendable, Equatable {
        case taken(epoch: String)
        /// The index is being rebuilt; the lanes are marked and will be refilled from the ledger.
        case recovering
        /// The index is lost; nothing was done.
        case lost
    }

    /// Puts committed jobs into the index. First-hand needs the epoch that was known before their commit.
    package func enqueue(_ pushes: [Push], knownEpoch: String) async throws(RedisError) -> Reception {
        var arguments: [RedisArgument] = [.string(knownEpoch), .int(Int64(tuning.window)), .int(Int64(tuning.mostDue))]
        arguments.reserveCapacity(3 + pushes.count * 5 + 16)
        for (lane, group) in Dictionary(grouping: pushes, by: \.lane) {
            arguments.append(.string(lane))
            arguments.append(.int(Int64(group.count)))
            for push in group {
                arguments.append(.string(push.id.value.description))
                arguments.append(.string(push.rank.text))
                arguments.append(.int(push.delay))
                arguments.append(.string(push.laneKey ?? ""))
                arguments.append(.bytes(push.envelope))
            }
        }
        let reply = try await run(IndexScripts.enqueue, arguments)
        switch reply.array?.first?.text {
        case "ok": return .taken(epoch: reply.array?.last?.text ?? "")
        case "recovering": return .recovering
        default: return .lost
        }
    }

    /// Marks lanes for refill. False when the index is lost.
    package func mark(_ lanes: [String]) async throws(RedisError) -> Bool {
        try await run(IndexScripts.mark, lanes.map { .string($0) }) != .null
    }

    package func configure(_ settings: [LaneSettings]) async throws(RedisError) {
        guard !settings.isEmpty else { return }
        _ = try await run(
            IndexScripts.configure,
            settings.flatMap { lane in
                [
                    .string(lane.lane), .optional(lane.limits.interval), .optional(lane.limits.burst), .optional(lane.limits.concurrency),
                    .optional(lane.limits.isStrict.map { $0 ? 1 : 0 }), .int(lane.parked),
                ]
            })
    }

    /// - Parameter shards: over how many the queue is spread; its jobs at once are divided among them.
    package func tune(_ settings: QueueSettings, shards: Int) async throws(RedisError) {
        let limits = settings.laneDefaults
        _ = try await run(
            IndexScripts.tune,
            [
                .int(limits.interval), .int(Int64(limits.burst)), .int(Int64(limits.concurrency)), .int(limits.isStrict ? 1 : 0),
                .int(Int64(shard.share(of: Int(settings.concurrency), among: shards))), .int(settings.paused),
            ])
    }

    package enum Cancellation: String, Sendable {
        /// A worker has it and is told.
        case held
        case removed
        /// The index does not have it; a push that is still on its way will be second-hand.
        case unknown
    }

    /// Takes jobs out of the index that the ledger has marked as cancelled. Nil when the index is lost or being rebuilt.
    package func cancel(_ jobs: [(id: JobID, lane: String)]) async throws(RedisError) -> [JobID: Cancellation]? {
        guard !jobs.isEmpty else { return [:] }
        let reply = try await run(
            IndexScripts.cancel, [.int(Int64(tuning.window))] + jobs.flatMap { [.string($0.id.value.description), .string($0.lane)] })
        guard let words = reply.array, words.count == jobs.count else { return nil }
        var answers: [JobID: Cancellation] = [:]
        for (job, word) in zip(jobs, words) { answers[job.id] = word.text.flatMap(Cancellation.init) ?? .unknown }
        return answers
    }

    /// Adds what was read from the ledger for a lane. False when the index has another epoch by now.
    /// - Parameter limit: at most so many of each class were read.
    package func refill(
        _ lane: String, with entries: [WaitingJobs.Entry], epoch: String, dropped: Int64, limit: Int
    ) async throws(RedisError) -> Bool {
        let retries = entries.count(where: \.isRetry)
        let more = (entries.count - retries >= limit ? "f" : "") + (retries >= limit ? "r" : "")
        var arguments: [RedisArgument] = [.string(epoch), .int(Int64(tuning.window)), .string(lane), .int(dropped), .string(more)]
        arguments.reserveCapacity(6 + entries.count * 3)
        for entry in entries {
            arguments.append(.string(entry.id.value.description))
            arguments.append(.string(Rank(priority: entry.priority, isRetry: entry.isRetry).text))
            arguments.append(.string(entry.laneKey ?? ""))
        }
        return try await run(IndexScripts.refilled, arguments).array?.first?.text == "ok"
    }

    package struct Missing: Sendable {
        package var epoch: String
        package var isOverflowing: Bool
        package var ids: [JobID]
        /// The lane's count of jobs left to the ledger.
        package var dropped: Int64
    }

    /// Which of a lane's pending jobs the index does not have. Nil when the index is lost.
    package func missing(of ids: [JobID], in lane: String) async throws(RedisError) -> Missing? {
        let reply = try await run(IndexScripts.missing, [.string(lane)] + ids.map { .string($0.value.description) })
        guard let parts = reply.array, parts.count == 4 else { return nil }
        return Missing(
            epoch: parts[0].text ?? "", isOverflowing: parts[1].integer == 1,
            ids: (parts[2].array ?? []).compactMap { $0.bytes.flatMap { Identifier(ascii: $0) }.map(JobID.init) }, dropped: parts[3].integer ?? 0)
    }

    func run(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(RedisError) -> RedisValue {
        try await redis.run(script, keys: [.string(shard.indexKey)], arguments: arguments)
    }
}
