internal import Synchronization

/// Bounds what the whole client holds for a server that does not answer.
final class InFlightBudget: Sendable {
    private struct Use {
        var commands = 0
        var bytes = 0
    }
    private let use = Mutex(Use())
    private let maxCommands: Int
    private let maxBytes: Int

    init(maxCommands: Int, maxBytes: Int) {
        self.maxCommands = maxCommands
        self.maxBytes = maxBytes
    }

    /// Nil when the budget is spent.
    func permit(bytes: Int) -> Permit? {
        let isAdmitted = use.withLock { use in
            guard use.commands < maxCommands, bytes <= maxBytes - use.bytes else { return false }
            use.commands += 1
            use.bytes += bytes
            return true
        }
        return isAdmitted ? Permit(budget: self, bytes: bytes) : nil
    }

    var commandsInFlight: Int { use.withLock { $0.commands } }

    /// Held by whatever still has to do with a command, its caller or the queue of owed replies: no path can forget to give it back.
    struct Permit: ~Copyable, Sendable {
        fileprivate let budget: InFlightBudget
        fileprivate let bytes: Int

        deinit {
            budget.use.withLock { use in
                use.commands -= 1
                use.bytes -= bytes
            }
        }
    }
}
