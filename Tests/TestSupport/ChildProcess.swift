import FoundationEssentials
import Glibc
package import LocalStack
import Synchronization

/// A program under test, with what it says; it dies with the test process.
package struct ChildProcess: Sendable {
    private let process: SpawnedProcess
    private let output: Lines
    private let errors: Lines

    /// - Parameter environment: added to our own; nil takes a variable away.
    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String = "/"
    ) throws(LocalStackError) {
        let output = Lines()
        let errors = Lines()
        var plan = SpawnedProcess.Plan(program, arguments)
        for (name, value) in environment { plan.environment[name] = value }
        plan.directory = directory
        plan.output = .pieces(output.append)
        plan.errors = .pieces(errors.append)
        plan.endWithParent = SIGKILL
        self.output = output
        self.errors = errors
        process = try SpawnedProcess(plan)
    }

    /// The `voicera` that was built beside these tests.
    package static func voicera(_ arguments: String..., environment: [String: String?] = [:]) throws(LocalStackError) -> ChildProcess {
        try voicera(arguments, environment: environment)
    }

    /// - Parameter command: another program and its arguments, which is given ours and becomes it.
    package static func voicera(
        _ arguments: [String], environment: [String: String?] = [:], behind command: [String] = []
    ) throws(LocalStackError) -> ChildProcess {
        let words = command + [try productFolder() + "/voicera"] + arguments
        return try ChildProcess(words[0], Array(words.dropFirst()), environment: environment)
    }

    package var pid: Int32 { process.pid }
    package var isRunning: Bool { process.ending == nil }
    /// The latest lines, at most 10,000 of each; a line that has not ended yet is among them.
    package var outputLines: [String] { output.all }
    package var errorLines: [String] { errors.all }

    /// The first line that holds the text, from either output. Fails with everything said when the program ends or the time is up without one.
    @discardableResult
    package func waitForLine(containing text: String, within limit: Duration = .seconds(20)) async throws -> String {
        var found: String?
        do {
            try await eventually("a line with '\(text)'", within: limit) {
                let drained = process.isDrained
                found = output.all.first { $0.contains(text) } ?? errors.all.first { $0.contains(text) }
                return found != nil || drained
            }
        } catch let error as NeverHappened {
            throw NeverHappened( "\(error)\n\(transcript)")
        }
        guard let found else { throw NeverHappened( "it ended without a line with '\(text)'\n\(transcript)") }
        return found
    }

    package func signal(_ number: Int32) { process.signal(number) }
    package func kill() { process.signal(SIGKILL) }

    /// How it ended, with all it said handed over.
    package func wait(within limit: Duration = .seconds(30)) async throws -> ProcessEnding {
        do {
            try await eventually("the end of process \(pid)", within: limit) { process.isDrained }
        } catch let error as NeverHappened {
            throw NeverHappened( "\(error)\n\(transcript)")
        }
        return process.ending ?? .unknown
    }

    private var transcript: String {
        "--- output ---\n\(output.all.suffix(50).joined(separator: "\n"))\n--- errors ---\n\(errors.all.suffix(50).joined(separator: "\n"))"
    }

    /// The folder that holds the test bundle, which is where the products are.
    private static func productFolder() throws(LocalStackError) -> String {
        let bundle = CommandLine.arguments.first.map { URL(filePath: $0) }
        var folder = bundle?.deletingLastPathComponent()
        while let here = folder, here.path.count > 1 {
            if FileManager.default.isExecutableFile(atPath: here.path + "/voicera") { return here.path }
            folder = here.deletingLastPathComponent()
        }
        return FileManager.default.currentDirectoryPath + "/.build/debug"
    }
}
