import Glibc
import Synchronization

/// Runs a short program to its end and keeps what it said.
enum Command {
    /// More than this of an output is cut off: it is for messages and small results.
    static let outputLimit = 1 << 20

    struct Result: Sendable {
        let ending: ProcessEnding
        let output: String
        let errors: String
        var succeeded: Bool { ending == .exited(0) }
    }

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = processEnvironment(), within limit: Duration
    ) async throws(LocalStackError) -> Result {
        let output = Collected()
        let errors = Collected()
        var plan = SpawnedProcess.Plan(program, arguments, environment: environment)
        plan.output = .pieces(output.append)
        plan.errors = .pieces(errors.append)
        let process = try SpawnedProcess(plan)
        do throws(LocalStackError) {
            guard try await poll(within: limit, every: .milliseconds(5), { process.isDrained }) else {
                throw LocalStackError(.commandFailed, "\(program) did not end within \(limit)", logTail: errors.text)
            }
        } catch {
            process.signal(SIGKILL, group: true)
            throw error
        }
        return Result(ending: process.ending ?? .unknown, output: output.text, errors: errors.text)
    }

    private final class Collected: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        func append(_ piece: [UInt8]) {
            bytes.withLock { $0.append(contentsOf: piece.prefix(Command.outputLimit - $0.count)) }
        }
    }
}
