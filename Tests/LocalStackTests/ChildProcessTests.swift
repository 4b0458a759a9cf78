import Glibc
import TestSupport
import Testing

@testable import LocalStack

@Suite struct ChildProcessTests {
    @Test func `lines of both outputs are kept, and the exit status`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo one; echo \"two $COLOUR\" >&2; printf three; exit 7"], environment: ["COLOUR": "blue"])
        #expect(try await child.waitForLine(containing: "two") == "two blue")
        #expect(try await child.wait() == .exited(7))
        #expect(child.outputLines == ["one", "three"])
        #expect(child.errorLines == ["two blue"])
    }

    @Test func `waiting for a line that never comes fails with what was said instead`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo hello"])
        let error = await #expect(throws: NeverHappened.self) { try await child.waitForLine(containing: "goodbye") }
        #expect(error?.description.contains("hello") == true)
    }

    @Test func `a killed child is reported as killed`() async throws {
        let child = try ChildProcess("/bin/sleep", ["60"])
        #expect(child.isRunning)
        child.kill()
        #expect(try await child.wait() == .killed(by: SIGKILL))
    }

    @Test func `many children at once all end and leave no zombie`() async throws {
        try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    let child = try ChildProcess("/bin/true")
                    #expect(try await child.wait() == .exited(0))
                    return child.pid
                }
            }
            for try await pid in group { #expect(processState(pid) == nil) }
        }
    }

    @Test func `a child inherits no open file`() async throws {
        let leaky = open("/etc/passwd", O_RDONLY)
        defer { close(leaky) }
        let child = try ChildProcess("/bin/sh", ["-c", "ls -l /proc/$$/fd"])
        #expect(try await child.wait() == .exited(0))
        #expect(!child.outputLines.isEmpty)
        #expect(!child.outputLines.contains { $0.contains("passwd") })
    }

    @Test func `a missing server names the package that has it`() async throws {
        let redis = #expect(throws: LocalStackError.self) { try ServerBinaries.redisServer(searchPath: ["/nowhere"]) }
        #expect(redis?.code == .missingBinary)
        #expect(redis?.message.contains("apt-get install redis-server") == true)
        let postgres = await #expect(throws: LocalStackError.self) {
            try await ServerBinaries.postgresFolder(packaged: "/nowhere", searchPath: ["/nowhere"])
        }
        #expect(postgres?.code == .missingBinary)
        #expect(postgres?.message.contains("apt-get install postgresql") == true)
    }

    @Test func `the newest packaged PostgreSQL is taken, unless the data is of another version`() async throws {
        let folder = try TemporaryDirectory()
        for version in ["9", "15", "16"] {
            let programs = ["postgres", "initdb", "psql", "pg_isready"].map { "\(folder.path)/\(version)/bin/\($0)" }
            let script = "mkdir -p \"$1\"; shift; for f in \"$@\"; do touch \"$f\"; chmod +x \"$f\"; done"
            let child = try ChildProcess("/bin/sh", ["-c", script, "sh", "\(folder.path)/\(version)/bin"] + programs)
            #expect(try await child.wait() == .exited(0))
        }
        #expect(try await ServerBinaries.postgresFolder(packaged: folder.path, searchPath: []) == folder.path + "/16/bin")
        #expect(try await ServerBinaries.postgresFolder(major: "15", packaged: folder.path, searchPath: []) == folder.path + "/15/bin")
    }

    @Test func `a command that hangs is ended at its deadline`() async throws {
        let error = await #expect(throws: LocalStackError.self) {
            try await Command.run("/bin/sleep", ["60"], within: .milliseconds(50))
        }
        #expect(error?.code == .commandFailed)
    }
}
