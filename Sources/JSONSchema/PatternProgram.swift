/// Writes an expression out in steps.
struct PatternProgram {
    private(set) var steps: [LinearPattern.Step] = []

    mutating func add(_ expression: PatternExpression) throws(LinearPattern.Refusal) {
        guard steps.count < LinearPattern.mostSteps else { throw LinearPattern.Refusal(reason: "is too large when its repetitions are written out") }
        switch expression {
        case .empty: break
        case .scalar(let set): steps.append(.scalar(set))
        case .start: steps.append(.start)
        case .end: steps.append(.end)
        case .boundary(let isWanted): steps.append(.boundary(isWanted))
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let branches): try add(branches[...])
        case .repeated(let part, let low, let high):
            for _ in 0..<low { try add(part) }
            guard let high else { return try loop(part) }
            // Each of the others may be the end.
            var forks: [Int] = []
            for _ in low..<max(low, high) {
                forks.append(steps.count)
                steps.append(.match)
                try add(part)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    private mutating func loop(_ part: PatternExpression) throws(LinearPattern.Refusal) {
        let fork = steps.count
        steps.append(.match)
        try add(part)
        steps.append(.jump(fork))
        steps[fork] = .fork(fork + 1, steps.count)
    }

    private mutating func add(_ branches: ArraySlice<PatternExpression>) throws(LinearPattern.Refusal) {
        guard let first = branches.first else { return }
        guard branches.count > 1 else { return try add(first) }
        let fork = steps.count
        steps.append(.match)
        try add(first)
        let jump = steps.count
        steps.append(.match)
        steps[fork] = .fork(fork + 1, steps.count)
        try add(branches.dropFirst())
        steps[jump] = .jump(steps.count)
    }
}
