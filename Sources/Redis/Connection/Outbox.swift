internal import NIOCore
internal import Synchronization

/// What callers on any thread have handed to one connection and its event loop has not written yet.
final class Outbox: Sendable {
    struct Item: Sendable {
        let pending: PendingReply
        let bytes: ByteBuffer
        /// Nil for a single command, as in `ReplyQueue`.
        let replies: Int?
        let deadline: NIODeadline
    }

    enum Admission {
        case closed
        /// `wakesWriter`: nobody has told the event loop yet. One wake-up serves all that comes until it runs: this is the automatic pipelining.
        case accepted(wakesWriter: Bool)
    }

    private struct State {
        var items: [Item] = []
        var isOpen = true
        var isWriterAwake = false
    }
    private let state = Mutex(State())
    /// Commands handed in and not yet answered.
    private let load = Atomic(0)

    var commandsOwed: Int { load.load(ordering: .relaxed) }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func submit(_ item: Item) -> Admission {
        state.withLock { state in
            guard state.isOpen else { return .closed }
            state.items.append(item)
            load.add(1, ordering: .relaxed)
            defer { state.isWriterAwake = true }
            return .accepted(wakesWriter: !state.isWriterAwake)
        }
    }

    func take() -> [Item] {
        state.withLock { state in
            defer { state.items = [] }
            state.isWriterAwake = false
            return state.items
        }
    }

    func answered(_ count: Int = 1) { load.subtract(count, ordering: .relaxed) }

    /// Takes nothing more. What is still inside is left to the writer.
    func close() { state.withLock { $0.isOpen = false } }
}
