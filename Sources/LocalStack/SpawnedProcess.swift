import Dispatch
import Glibc
import Synchronization

/// A child process in a session of its own, that inherits nothing but what is given here.
///
/// A session of its own keeps the terminal's Ctrl-C away from it: we stop it in order instead. One thread waits for its end, so that it never
/// stays behind as a zombie, and a signal is sent only while the pid is certainly still its own.
package final class SpawnedProcess: Sendable {
    package enum Output: Sendable {
        case discard
        /// Appended to the file.
        case file(String)
        /// Given piece by piece, in order, on a thread of its own.
        case pieces(@Sendable ([UInt8]) -> Void)
    }

    package struct Plan: Sendable {
        package var program: String
        package var arguments: [String]
        package var environment: [String: String]
        package var directory = "/"
        /// Open descriptor for its standard input, still the caller's; /dev/null without.
        var input: Int32?
        package var output = Output.discard
        package var errors = Output.discard
        /// Not nil: the child dies with us, even on `kill -9`, by this signal first and by SIGKILL two seconds later.
        package var endWithParent: Int32?

        package init(_ program: String, _ arguments: [String], environment: [String: String] = processEnvironment()) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
        }
    }

    private struct State {
        var ending: ProcessEnding?
        var openPipes = 0
    }
    package let pid: Int32
    private let state = Mutex(State())

    package init(_ plan: Plan) throws(LocalStackError) {
        guard ServerBinaries.isProgram(plan.program) else { throw LocalStackError(.missingBinary, "\(plan.program) is not a program") }
        let files = try StandardFiles(plan)
        defer { files.closeChildSide() }
        pid = try files.spawn(plan)
        for pipe in files.pipes {
            state.withLock { $0.openPipes += 1 }
            DispatchQueue(label: "voicera.child.output").async {
                pipe.readToEnd()
                self.state.withLock { $0.openPipes -= 1 }
            }
        }
        let watched = plan.endWithParent != nil
        DispatchQueue(label: "voicera.child.end").async { self.awaitEnd(watched: watched) }
        guard let signal = plan.endWithParent else { return }
        do {
            // The child waits for the word "go", which it gets only once the guard knows it: there is no moment in which both of us can be
            // killed and it lives on.
            try ParentGuard.shared().watch(pid, signal: signal)
            files.letGo()
        } catch {
            self.signal(SIGKILL)
            throw error
        }
    }

    /// Nil while it runs.
    package var ending: ProcessEnding? { state.withLock(\.ending) }

    /// Its end, and everything it wrote has been handed over (unless a grandchild still holds the pipe).
    package var isDrained: Bool { state.withLock { $0.ending != nil && $0.openPipes == 0 } }

    /// False when it has ended already.
    @discardableResult
    package func signal(_ number: Int32, group: Bool = false) -> Bool {
        state.withLock { state in
            guard state.ending == nil else { return false }
            return kill(group ? -pid : pid, number) == 0
        }
    }

    private func awaitEnd(watched: Bool) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        // Still a zombie here: its pid cannot have been given to another process before the guard forgets it.
        if watched { ParentGuard.forget(pid) }
        state.withLock { state in
            var status: Int32 = 0
            let reaped = waitpid(pid, &status, 0)
            state.ending = reaped == pid ? ProcessEnding(waitStatus: status) : .unknown
        }
    }
}

package enum ProcessEnding: Sendable, Equatable {
    case exited(Int32)
    case killed(by: Int32)
    /// Somebody else has collected it.
    case unknown

    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .killed(by: signal)
    }
}
