import Foundation
import Primitives
import Synchronization

/// Puts work in at a steady rate, whatever happens, and repeats every request until it is answered with 202.
final class Load: Sendable {
    /// Requests that wait for their answer; beyond it the load falls behind its rate.
    private static let mostUnderWay = 128
    private static let pause = Duration.milliseconds(150)

    private let plan: ChaosPlan
    private let customer: Customer
    private let clock: RunClock
    private let found = Mutex(Accepted())
    private let isOver = Mutex(false)
    private let givesUp = Mutex(false)

    init(plan: ChaosPlan, customer: Customer, clock: RunClock) {
        self.plan = plan
        self.customer = customer
        self.clock = clock
    }

    var accepted: Accepted { found.withLock(\.self) }

    /// No more new requests.
    func end() { isOver.withLock { $0 = true } }
    /// Nor repeats of old ones.
    func giveUp() { givesUp.withLock { $0 = true } }

    /// Returns when it was told to end and every request is answered.
    func run() async {
        var random = SplitMix64(seed: plan.seed ^ 0x10ad)
        await withTaskGroup(of: Void.self) { group in
            var underWay = 0
            var number = 0
            let begins = clock.now
            while !isOver.withLock(\.self), !Task.isCancelled {
                let order = Order(number: number, seed: plan.seed, endpoints: plan.endpoints, &random)
                if underWay >= Self.mostUnderWay {
                    await group.next()
                    underWay -= 1
                }
                group.addTask { await self.place(order) }
                underWay += 1
                number += 1
                let next = begins + .seconds(1) / plan.rate * number
                if next > clock.now { try? await Task.sleep(for: next - clock.now) }
            }
        }
    }

    private func place(_ order: Order) async {
        found.withLock { $0.requests += 1 }
        while !givesUp.withLock(\.self), !Task.isCancelled {
            if let answer = await customer.post(order.path, order.body, idempotencyKey: order.key) {
                switch answer.status {
                case 202: return take(answer.body, of: order)
                // In progress elsewhere, over a limit, or a store away: the answer asks for another try.
                case 409, 429, 500...: break
                default:
                    let text = "\(order.path) (\(order.kind.rawValue)): \(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
                    return found.withLock { $0.refusals.append(text) }
                }
            }
            found.withLock { $0.repeats += 1 }
            try? await Task.sleep(for: Self.pause)
        }
        found.withLock { $0.unanswered += 1 }
    }

    private struct JobAnswer: Decodable {
        var jobId: JobID
    }
    private struct BatchAnswer: Decodable {
        var jobs: [JobAnswer]
    }
    private struct EventAnswer: Decodable {
        var eventId: String
        var deliveries: Int
    }

    private func take(_ body: Data, of order: Order) {
        let now = clock.now
        do {
            switch order.kind {
            case .event, .broadcast:
                let answer = try JSONDecoder().decode(EventAnswer.self, from: body)
                found.withLock { $0.events[answer.eventId] = Accepted.Event(at: now, deliveries: answer.deliveries) }
            case .batch:
                let answer = try JSONDecoder().decode(BatchAnswer.self, from: body)
                found.withLock { found in for job in answer.jobs { found.jobs[job.jobId] = now } }
            case .job, .delayed, .unique:
                let answer = try JSONDecoder().decode(JobAnswer.self, from: body)
                found.withLock { $0.jobs[answer.jobId] = now }
            }
        } catch {
            found.withLock { $0.refusals.append("\(order.path): an answer that cannot be read: \(error)") }
        }
    }
}
