package import Logging
package import Redis
import ServiceLifecycle
import Synchronization

/// Tells every process that something remembered is over (a credential, a workspace's limits), and hears it from the others, through a channel of Redis.
///
/// Who remembers listens here. What is announced reaches the own process at once; the others when Redis has passed it on, within moments; without Redis
/// nobody goes by their memory for longer than a second. A process that dies between its commit and the announcement leaves the others to what they
/// remember: thirty seconds at most.
package final class Revocations: Service {
    package enum News: Sendable, Equatable {
        /// As `KnownCredential.subjects` has them.
        case over(Set<String>)
        /// The channel is (again) heard; what was said before may have been missed.
        case hearing
        /// The channel is not heard any more.
        case deaf
    }

    private struct Unsent {
        var until: ContinuousClock.Instant
        private var isSaid = false

        init(until: ContinuousClock.Instant) { self.until = until }

        mutating func wasSaid(_ enough: ContinuousClock.Instant) {
            if !isSaid { (until, isSaid) = (min(until, enough), true) }
        }
    }

    private struct State {
        var listeners: [@Sendable (News) -> Void] = []
        var isHearing = false
        /// What could not be announced yet, and until when there is any use in it.
        var unsent: [String: Unsent] = [:]
        /// More than that could not be kept: everybody is to forget everything.
        var isEverythingOver: ContinuousClock.Instant?
    }

    private let redis: RedisClient
    private let channel: String
    private let logger: Logger
    private let state = Mutex(State())

    private static let everything = "*"
    /// By then whoever was not reached has forgotten by themselves.
    private static let usefulFor = Duration.seconds(40)
    /// Whoever was cut off by the same outage hears again a little later than this process speaks: so long it is said again.
    private static let hearingSpread = Duration.seconds(5)
    private static let mostUnsent = 10_000
    private static let pause = Duration.milliseconds(250)
    /// A request that revokes is not held up for longer.
    private static let deadline = Duration.milliseconds(500)

    package init(redis: RedisClient, namespace: String = "v1", logger: Logger) {
        self.redis = redis
        self.logger = logger
        channel = "\(namespace):revocations"
    }

    /// Whether what others say is heard.
    package var isHearing: Bool { state.withLock { $0.isHearing } }

    /// The listener is called on nobody's thread in particular, and must not wait.
    package func listen(_ listener: @escaping @Sendable (News) -> Void) {
        let isHearing = state.withLock { state in
            state.listeners.append(listener)
            return state.isHearing
        }
        if isHearing { listener(.hearing) }
    }

    /// To be called after the commit. Never fails: what Redis does not take is said again until it does, or until it is of no use any more.
    /// - Parameter subjects: as `KnownCredential.subjects` has them.
    /// - Returns: whether Redis has taken it already.
    @discardableResult
    package func announce(_ subjects: Set<String>) async -> Bool {
        tell(.over(subjects))
        var isTaken = true
        for subject in subjects where !(await publish(subject)) {
            keep(subject)
            isTaken = false
        }
        return isTaken
    }

    /// Hears the channel, and says again what was not taken, until the process ends.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.hear() }
                group.addTask { await self.repeatUnsent() }
            }
        }
    }

    private func hear() async {
        for await message in redis.subscribe(to: channel) {
            switch message {
            case .reconnected: tell(.hearing)
            case .interrupted: tell(.deaf)
            case .message(_, let payload):
                let subject = String(decoding: payload, as: UTF8.self)
                tell(subject == Self.everything ? .hearing : .over([subject]))
            }
        }
        tell(.deaf)
    }

    private func tell(_ news: News) {
        let listeners = state.withLock { state in
            switch news {
            case .hearing: state.isHearing = true
            case .deaf: state.isHearing = false
            case .over: break
            }
            return state.listeners
        }
        for listener in listeners { listener(news) }
    }

    private func publish(_ subject: String) async -> Bool {
        (try? await redis.send(["PUBLISH", .string(channel), .string(subject)], deadline: Self.deadline)) != nil
    }

    private func keep(_ subject: String) {
        let until = ContinuousClock.now + Self.usefulFor
        state.withLock { state in
            if state.unsent.count < Self.mostUnsent { state.unsent[subject] = Unsent(until: until) } else { state.isEverythingOver = until }
        }
        logger.warning("a revocation could not be announced yet", metadata: ["subject": .string(subject)])
    }

    private func repeatUnsent() async {
        while !Task.isCancelled {
            await sendUnsent()
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func sendUnsent() async {
        let now = ContinuousClock.now
        let unsent = state.withLock { state in
            state.unsent = state.unsent.filter { $0.value.until > now }
            if let until = state.isEverythingOver, until <= now { state.isEverythingOver = nil }
            return state.isEverythingOver == nil ? Array(state.unsent.keys) : [Self.everything]
        }
        for subject in unsent {
            guard await publish(subject) else { return }
            state.withLock { state in
                if subject == Self.everything {
                    state.isEverythingOver = nil
                    state.unsent = [:]
                } else {
                    state.unsent[subject]?.wasSaid(now + Self.hearingSpread)
                }
            }
        }
    }
}
