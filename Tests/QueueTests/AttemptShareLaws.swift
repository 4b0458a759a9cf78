import Primitives
import Testing

@testable import Queue

/// How a process's attempts are divided among its queues.
@Suite struct AttemptShareLaws {
    private func share(_ total: Int, _ claimants: (demand: Int, weight: Int, priority: Int)...) -> [Int] {
        AttemptShare.divide(total, among: claimants.map { AttemptShare.Claimant(demand: $0.demand, weight: $0.weight, priority: $0.priority) })
    }

    @Test func `queues that want all share by weight`() {
        #expect(share(100, (500, 1, 0), (500, 3, 0)) == [25, 75])
        #expect(share(10, (500, 1, 0), (500, 1, 0), (500, 1, 0)).reduce(0, +) == 10, "nothing is lost in the division")
    }

    @Test func `what one queue cannot use goes to the others`() {
        #expect(share(100, (10, 3, 0), (500, 1, 0)) == [10, 90])
        #expect(share(100, (0, 3, 0), (500, 1, 0)) == [0, 100])
    }

    @Test func `a higher priority takes what it can use before a lower one gets anything`() {
        #expect(share(100, (500, 1000, 0), (70, 1, 1)) == [30, 70])
        #expect(share(100, (500, 1000, 0), (500, 1, 1)) == [0, 100])
    }

    @Test func `no division gives more than there is or than was wanted`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let total = Int.random(in: 1...64, using: &generator)
            let claimants = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                AttemptShare.Claimant(
                    demand: .random(in: 0...80, using: &generator), weight: .random(in: 1...9, using: &generator), priority: .random(in: 0...2, using: &generator))
            }
            let shares = AttemptShare.divide(total, among: claimants)
            #expect(zip(shares, claimants).allSatisfy { $0 >= 0 && $0 <= $1.demand }, "\(total) among \(claimants): \(shares)")
            #expect(shares.reduce(0, +) == min(total, claimants.reduce(0) { $0 + $1.demand }), "\(total) among \(claimants): \(shares)")
        }
    }

    @Test func `a queue that was refused is woken when another one frees an attempt`() async {
        let broker = AttemptBroker(total: 4)
        let (one, two) = (Wakeup(), Wakeup())
        let first = broker.join(queue: "a", slots: 4, wakeup: one), second = broker.join(queue: "b", slots: 4, wakeup: two)
        #expect(broker.ask(first, active: 0, free: 4, isHungry: true) == 4)
        #expect(broker.ask(first, active: 4, free: 0, isHungry: true) == 0)
        #expect(broker.ask(second, active: 0, free: 4, isHungry: true) == 0, "nothing is taken from what runs")
        #expect(broker.ask(first, active: 3, free: 1, isHungry: true) == 0, "the first has more than its half")
        await two.wait()
        #expect(broker.ask(second, active: 0, free: 4, isHungry: true) == 1)
    }
}
