package import Redis
import Primitives

/// What the leader says to the index of a shard.
extension LaneIndex {
    package enum BeatAnswer: Sendable {
        case alive(epoch: String, isOpen: Bool, beat: Int64, refills: [RefillOrder])
        /// No epoch, another server, or an older snapshot of this one.
        case lost
    }

    package func tend(knownEpoch: String, lastBeat: Int64) async throws(RedisError) -> BeatAnswer {
        let reply = try await run(
            IndexScripts.tend, [.string(knownEpoch), .int(lastBeat), .int(tuning.lease.microseconds), .int(Int64(tuning.window))])
        guard let parts = reply.array, parts.first?.text == "ok", parts.count == 5 else { return .lost }
        return .alive(
            epoch: parts[1].text ?? "", isOpen: parts[2].text == "open", beat: parts[3].integer ?? 0,
            refills: Self.refillOrders(parts[4].array ?? []))
    }

    /// Begins a new epoch that takes only re-assertions. The epoch before, '' for none; nil when the index has a later epoch already.
    package func reset(to epoch: Int64) async throws(RedisError) -> String? {
        try await run(IndexScripts.reset, [.int(epoch)]).text
    }

    /// Wakes workers, so that they find the index being rebuilt and say what they hold.
    package func call(_ workers: Set<String>) async throws(RedisError) {
        for worker in workers { _ = try await redis.send(["PUBLISH", .string(shard.wakeChannel(of: worker)), "1"]) }
    }

    /// The workers that have asserted in this epoch.
    package func asserted(in epoch: Int64) async throws(RedisError) -> Set<String> {
        let reply = try await redis.send(["HKEYS", .string(shard.sessionsKey(in: epoch))])
        return Set((reply.array ?? []).compactMap(\.text))
    }

    /// False when the index has another epoch by now, or is lost again.
    @discardableResult
    package func open(_ epoch: Int64) async throws(RedisError) -> Bool {
        try await run(IndexScripts.open, [.int(epoch)]).integer == 1
    }

    /// Removes what the epochs before have left behind, a page at a time, without blocking the server, for as long as this epoch is the index's.
    package func sweepKeys(before epoch: Int64) async throws(RedisError) {
        let prefix = "v2:{\(shard.tag)}:"
        var cursor = "0"
        repeat {
            // Every version's keys: what a release before this one had is a life that is over too.
            let reply = try await redis.send(["SCAN", .string(cursor), "MATCH", .string("v[12]:{\(shard.tag)}:*"), "COUNT", 500])
            guard let parts = reply.array, parts.count == 2 else { return }
            cursor = parts[0].text ?? "0"
            let keys = (parts[1].array ?? []).compactMap(\.bytes).filter { key in
                guard key.starts(with: prefix.utf8) else { return true }
                let number = String(decoding: key.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
                return Int64(number).map { $0 < epoch } ?? false
            }
            if !keys.isEmpty, try await run(IndexScripts.clear, [.int(epoch)] + keys.map { .bytes($0) }).integer != 1 { return }
        } while cursor != "0"
    }
}
