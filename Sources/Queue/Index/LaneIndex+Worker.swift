package import Ledger
package import Primitives
package import Redis

/// What a worker says to the index and hears from it.
extension LaneIndex {
    /// A job that goes back: to the due set after a retry or a snooze, or to the head of its lane (delay 0) when it was released.
    package struct Return: Sendable, Equatable {
        package var id: JobID
        /// Microseconds.
        package var delay: Int64
        /// It has failed and takes its turn among the lane's retries from now on.
        package var isRetry: Bool

        package init(id: JobID, delay: Int64, isRetry: Bool = false) {
            self.id = id
            self.delay = delay
            self.isRetry = isRetry
        }
    }

    package enum Entry: Sendable, Equatable {
        case firstHand(RunnableJob)
        case secondHand
        /// Its worker lost the lease.
        case reclaimed
    }

    package struct Claim: Sendable {
        package var id: JobID
        package var lane: String
        /// Its lane keeps strict order: the job runs only as the first one the ledger has, and keeps its place when it is tried again.
        package var isStrict: Bool
        package var rank: Rank
        package var entry: Entry
    }

    package struct RefillOrder: Sendable {
        package var lane: String
        /// The lane's count of jobs left to the ledger, before it is read.
        package var dropped: Int64
        /// How far to read: what the index has already stands at the front of the lane, and what it has room for behind.
        package var depth: Int
    }

    package struct Step: Sendable {
        package var epoch: String
        package var claims: [Claim]
        package var refills: [RefillOrder]
        /// Until something may become ready; nil when nothing is in sight, zero when there is more than was wanted.
        package var wait: Duration?
        /// Held by this worker and to be cancelled, as the operator wants it.
        package var cancels: [JobID]
        /// The leader's beat; it only grows within an epoch, unless an older copy of the index was put back.
        package var beat: Int64
    }

    /// What a worker holds, as it asserts it.
    package struct Held: Sendable {
        package var id: JobID
        package var rank: Rank
        package var lane: String
        package var laneKey: String?

        package init(id: JobID, rank: Rank, lane: String, laneKey: String? = nil) {
            self.id = id
            self.rank = rank
            self.lane = lane
            self.laneKey = laneKey
        }
    }

    package enum StepAnswer: Sendable {
        case stepped(Step)
        case lost
        case recovering
        /// The index does not know this worker's lease: it must re-assert.
        case stranger
    }

    /// - Parameters:
    ///   - session: the number of the worker's last re-assertion.
    ///   - beat: the highest one that the worker was told in this epoch.
    package func step(
        worker: String, epoch: String, session: Int64, beat: Int64 = 0, settled: [JobID], returned: [Return], want: Int
    ) async throws(RedisError) -> StepAnswer {
        var arguments: [RedisArgument] = [
            .string(worker), .string(epoch), .int(session), .int(tuning.lease.microseconds), .int(Int64(want)), .int(Int64(tuning.window)),
            .int(Int64(tuning.mostDue)), .int(Int64(settled.count)),
        ]
        arguments.reserveCapacity(11 + settled.count + returned.count * 3)
        for id in settled { arguments.append(.string(id.value.description)) }
        arguments.append(.int(Int64(returned.count)))
        for job in returned {
            arguments.append(.string(job.id.value.description))
            arguments.append(.int(job.delay))
            arguments.append(.string(job.isRetry ? "r" : ""))
        }
        arguments.append(.int(beat))
        let reply = try await run(IndexScripts.step, arguments)
        guard let parts = reply.array, let status = parts.first?.text else { return .lost }
        switch status {
        case "ok" where parts.count == 7:
            let wait = parts[2].integer ?? -1
            return .stepped(
                Step(
                    epoch: parts[1].text ?? "", claims: Self.claims(parts[3].array ?? []), refills: Self.refillOrders(parts[4].array ?? []),
                    wait: wait < 0 ? nil : .microseconds(wait), cancels: (parts[5].array ?? []).compactMap(Self.jobID),
                    beat: parts[6].integer ?? 0))
        case "recovering": return .recovering
        case "stranger": return .stranger
        default: return .lost
        }
    }

    package struct Assertion: Sendable, Equatable {
        package var epoch: String
        package var isOpen: Bool
        /// Held by another worker meanwhile.
        package var refused: [JobID]
    }

    /// Says what the worker holds, all of it. Nil when the index is lost, or when a later session was here already.
    /// - Parameter session: higher each time. A step that was sent before it and arrives after it is not taken: two connections do not keep order,
    ///   and what such a step claimed nobody would run.
    package func reassert(
        worker: String, session: Int64, holding held: [Held]
    ) async throws(RedisError) -> Assertion? {
        var arguments: [RedisArgument] = [.string(worker), .int(session), .int(tuning.lease.microseconds), .int(Int64(tuning.window))]
        for job in held {
            arguments.append(.string(job.id.value.description))
            arguments.append(.string(job.rank.text))
            arguments.append(.string(job.lane))
            arguments.append(.string(job.laneKey ?? ""))
        }
        let reply = try await run(IndexScripts.reassert, arguments)
        guard let parts = reply.array, parts.count == 4, parts[0].text == "ok" else { return nil }
        return Assertion(
            epoch: parts[1].text ?? "", isOpen: parts[2].text == "open", refused: (parts[3].array ?? []).compactMap(Self.jobID))
    }

    /// Gives up the lease of a worker that holds nothing.
    package func leave(worker: String) async throws(RedisError) {
        _ = try await run(IndexScripts.leave, [.string(worker)])
    }

    /// Reconnections come through as wake-ups too: a message may have been missed.
    package func wakeUps(of worker: String) -> AsyncStream<RedisMessage> {
        redis.subscribe(to: shard.wakeChannel(of: worker))
    }

    private static func jobID(_ value: RedisValue) -> JobID? {
        value.bytes.flatMap { Identifier(ascii: $0) }.map(JobID.init)
    }

    private static func claims(_ lanes: [RedisValue]) -> [Claim] {
        var claims: [Claim] = []
        for index in stride(from: 0, to: lanes.count - 2, by: 3) {
            guard let lane = lanes[index].text, let entries = lanes[index + 2].array else { continue }
            let isStrict = lanes[index + 1].integer == 1
            for position in stride(from: 0, to: entries.count - 1, by: 2) {
                guard let id = jobID(entries[position]) else { continue }
                let bytes = entries[position + 1].bytes ?? []
                var claim = Claim(id: id, lane: lane, isStrict: isStrict, rank: Rank(priority: 0), entry: .secondHand)
                if let job = Envelope.decode(bytes, id: id, lane: lane) {
                    claim.rank = Rank(priority: job.priority)
                    claim.entry = .firstHand(job)
                } else {
                    let isReclaimed = bytes.first == UInt8(ascii: "r")
                    claim.rank = Rank(String(decoding: isReclaimed ? bytes.dropFirst() : bytes[...], as: UTF8.self)) ?? claim.rank
                    if isReclaimed { claim.entry = .reclaimed }
                }
                claims.append(claim)
            }
        }
        return claims
    }

    static func refillOrders(_ parts: [RedisValue]) -> [RefillOrder] {
        stride(from: 0, to: parts.count - 2, by: 3).compactMap { index in
            guard let lane = parts[index].text, let dropped = parts[index + 1].integer, let depth = parts[index + 2].integer else { return nil }
            return RefillOrder(lane: lane, dropped: dropped, depth: Int(depth))
        }
    }
}
