import Synchronization

/// The latest lines of an output that arrives in pieces.
final class Lines: Sendable {
    private static let limit = 10_000
    /// A longer line is kept in parts.
    private static let lineLimit = 65_536

    private struct State {
        var whole: [String] = []
        var last: [UInt8] = []
    }
    private let state = Mutex(State())

    var all: [String] {
        state.withLock { $0.last.isEmpty ? $0.whole : $0.whole + [String(decoding: $0.last, as: UTF8.self)] }
    }

    func append(_ piece: [UInt8]) {
        state.withLock { state in
            for byte in piece {
                if byte != 0x0a { state.last.append(byte) }
                guard byte == 0x0a || state.last.count == Self.lineLimit else { continue }
                state.whole.append(String(decoding: state.last, as: UTF8.self))
                state.last.removeAll(keepingCapacity: true)
            }
            // Cut in large strides, so that a chatty program does not move the whole array for every line.
            if state.whole.count > 2 * Self.limit { state.whole.removeFirst(state.whole.count - Self.limit) }
        }
    }
}
