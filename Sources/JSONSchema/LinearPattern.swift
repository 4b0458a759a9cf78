/// A regular expression of ECMA-262 (with its `u` flag) as far as it is regular: no look-around, no back references, no properties of characters. It is
/// matched in time by the length of the text times its own, whatever either is: every way through it is followed at once.
struct LinearPattern: Sendable {
    struct Refusal: Error {
        var reason: String
    }

    enum Step: Sendable {
        case scalar(ScalarSet)
        case fork(Int, Int)
        case jump(Int)
        case start
        case end
        case boundary(Bool)
        case match
    }

    let source: String
    private let steps: [Step]

    static let longest = 1000
    /// Repetitions are written out, so that they count.
    static let mostSteps = 2000

    init(_ source: String) throws(Refusal) {
        guard source.unicodeScalars.count <= Self.longest else { throw Refusal(reason: "must not be longer than \(Self.longest) characters") }
        var parser = PatternParser(source)
        let expression = try parser.expression()
        var program = PatternProgram()
        try program.add(expression)
        self.source = source
        steps = program.steps + [.match]
    }

    /// What `matches` takes, in the unit of other work.
    func cost(of text: ScalarText) -> Int { (steps.count * (text.bytes.count + 1)) / 64 }

    /// Whether it is found anywhere in the text.
    func matches(_ text: ScalarText) -> Bool {
        let scalars = Array(text.description.unicodeScalars)
        var current = Threads(count: steps.count)
        var next = Threads(count: steps.count)
        for place in 0...scalars.count {
            // It may begin at each place.
            if follow(0, at: place, in: scalars, &current) { return true }
            guard place < scalars.count else { break }
            next.clear()
            for step in current.waiting {
                guard case .scalar(let set) = steps[step], set.contains(scalars[place]) else { continue }
                if follow(step + 1, at: place + 1, in: scalars, &next) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Adds the steps that wait for a scalar, reached from one without taking any. True when the end is reached.
    private func follow(_ first: Int, at place: Int, in scalars: [Unicode.Scalar], _ threads: inout Threads) -> Bool {
        var open = [first]
        while let step = open.popLast() {
            guard threads.visit(step) else { continue }
            switch steps[step] {
            case .scalar: threads.waiting.append(step)
            case .fork(let one, let other): open += [other, one]
            case .jump(let target): open.append(target)
            case .start: if place == 0 { open.append(step + 1) }
            case .end: if place == scalars.count { open.append(step + 1) }
            case .boundary(let isWanted):
                let before = place > 0 && ScalarSet.word.contains(scalars[place - 1])
                let after = place < scalars.count && ScalarSet.word.contains(scalars[place])
                if (before != after) == isWanted { open.append(step + 1) }
            case .match: return true
            }
        }
        return false
    }

    private struct Threads {
        var waiting: [Int] = []
        private var visited: [Bool]

        init(count: Int) { visited = Array(repeating: false, count: count) }

        /// False for a step that was here already.
        mutating func visit(_ step: Int) -> Bool {
            if visited[step] { return false }
            visited[step] = true
            return true
        }

        mutating func clear() {
            waiting.removeAll(keepingCapacity: true)
            for index in visited.indices { visited[index] = false }
        }
    }
}

/// Characters of a class.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isInverted = false

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar.value) } != isInverted }

    static let digit = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
    static let space = ScalarSet(ranges: [
        0x09...0x0d, 0x20...0x20, 0xa0...0xa0, 0x1680...0x1680, 0x2000...0x200a, 0x2028...0x2029, 0x202f...0x202f, 0x205f...0x205f, 0x3000...0x3000,
        0xfeff...0xfeff,
    ])
    /// What a dot is.
    static let dot = ScalarSet(ranges: [0x0a...0x0a, 0x0d...0x0d, 0x2028...0x2029], isInverted: true)

    var inverted: ScalarSet { ScalarSet(ranges: ranges, isInverted: !isInverted) }

    /// Its ranges, an inverted one's written out.
    var plainRanges: [ClosedRange<UInt32>] {
        guard isInverted else { return ranges }
        var found: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { found.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        return found + [next...0x10_ffff]
    }
}
