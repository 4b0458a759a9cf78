import Primitives
package import Redis

/// What operators are shown.
extension LaneIndex {
    package struct Look: Sendable {
        package struct Lane: Sendable {
            package var running: Int64
            package var waiting: Int64
            package var retriesWaiting: Int64
            /// They wait for another one of their key.
            package var behind: Int64
            /// The ledger has more.
            package var isOverflowing: Bool
            /// Until it may start a job; nil while it is parked or at its limit.
            package var opensIn: Duration?
        }

        /// On the whole shard.
        package var held: Int64
        package var due: Int64
        package var lanes: [Lane]
    }

    /// Nil when the index is lost.
    package func look(at lanes: [String] = []) async throws(RedisError) -> Look? {
        let reply = try await run(IndexScripts.look, lanes.map { .string($0) })
        guard let numbers = reply.array?.map({ $0.integer ?? 0 }), numbers.count == 2 + lanes.count * 6 else { return nil }
        return Look(
            held: numbers[0], due: numbers[1],
            lanes: lanes.indices.map { lane in
                let n = numbers[(2 + lane * 6)...].prefix(6).map { $0 }
                return Look.Lane(
                    running: n[0], waiting: n[1], retriesWaiting: n[2], behind: n[3], isOverflowing: n[4] == 1,
                    opensIn: n[5] < 0 ? nil : .microseconds(n[5]))
            })
    }
}
