/// How the attempts of a process are divided among its queues. Pure.
///
/// A queue of a higher priority gets all that it can use before a lower one gets anything. Queues of one priority share by weight, and what one of
/// them cannot use goes to the others (weighted max-min fairness). Nothing that runs is stopped for it: a queue that has more than its share starts
/// nothing until it is back within.
struct AttemptShare {
    struct Claimant: Equatable {
        /// Attempts that it could use, the running ones included.
        var demand: Int
        var weight: Int
        var priority: Int
    }

    /// One number a claimant: attempts that it may have at once. Their sum is at most `total`.
    static func divide(_ total: Int, among claimants: [Claimant]) -> [Int] {
        var shares = [Int](repeating: 0, count: claimants.count)
        var left = total
        for priority in Set(claimants.map(\.priority)).sorted(by: >) {
            let level = claimants.indices.filter { claimants[$0].priority == priority }
            let given = divideByWeight(left, among: level.map { claimants[$0] })
            for (index, share) in zip(level, given) { shares[index] = share }
            left -= given.reduce(0, +)
        }
        return shares
    }

    private static func divideByWeight(_ total: Int, among claimants: [Claimant]) -> [Int] {
        var shares = [Int](repeating: 0, count: claimants.count)
        var open = Array(claimants.indices)
        var left = total
        while !open.isEmpty, left > 0 {
            let weights = open.reduce(0) { $0 + claimants[$1].weight }
            // Who wants no more than his part gets it whole, and the others divide the rest anew.
            let modest = open.filter { claimants[$0].demand * weights <= left * claimants[$0].weight }
            if modest.isEmpty {
                for index in open { shares[index] = left * claimants[index].weight / weights }
                var rest = left - open.reduce(0) { $0 + shares[$1] }
                for index in open.sorted(by: { claimants[$0].weight > claimants[$1].weight }) where rest > 0 {
                    shares[index] += 1
                    rest -= 1
                }
                return shares
            }
            for index in modest {
                shares[index] = claimants[index].demand
                left -= claimants[index].demand
            }
            open.removeAll { modest.contains($0) }
        }
        return shares
    }
}
