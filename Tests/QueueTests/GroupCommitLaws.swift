import Ledger
import Logging
import Postgres
import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// When a batch is closed, without a ledger behind it.
@Suite struct GroupCommitLaws {
    /// Batches as they were begun; each stays open until it is let go.
    private final class Ledger: Sendable {
        private let refused = Mutex(false)
        private let state = Mutex<(batches: [[Int]], held: [CheckedContinuation<Void, Never>])>(([], []))

        var batches: [[Int]] { state.withLock { $0.batches } }
        var hasRefused: Bool { refused.withLock { $0 } }

        func refuse() { refused.withLock { $0 = true } }

        func commit(_ batch: [Int]) async -> [Int] {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.batches.append(batch)
                    state.held.append(continuation)
                }
            }
            return batch
        }

        func letGo() {
            for continuation in state.withLock({ state in
                defer { state.held = [] }
                return state.held
            }) { continuation.resume() }
        }
    }

    private func run(patience: Duration, _ body: @Sendable (GroupCommit<Int, Int>, Ledger) async throws -> Void) async throws {
        let ledger = Ledger()
        let commits = GroupCommit<Int, Int>(writer: "test", rowsPerBatch: 8, parallelCommits: 2, patience: patience) { await ledger.commit($0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await commits.run() }
            try await body(commits, ledger)
            group.cancelAll()
        }
    }

    private func submit(_ numbers: Range<Int>, rows: Int = 1, to commits: GroupCommit<Int, Int>, in group: inout ThrowingTaskGroup<Void, any Error>) {
        for number in numbers {
            group.addTask {
                let answer = try await commits.submit(number, rows: rows)
                #expect(answer == number)
            }
        }
    }

    @Test func `few requests wait for the commit under way and go together, many do not wait`() async throws {
        try await run(patience: .seconds(3600)) { commits, ledger in
            try await withThrowingTaskGroup { group in
                submit(0..<1, to: commits, in: &group)
                try await eventually("a lone request is committed at once") { ledger.batches == [[0]] }
                submit(1..<2, to: commits, in: &group)
                try await eventually("the second one waits") { commits.backlog == 1 }
                submit(2..<3, to: commits, in: &group)
                try await eventually("a quarter of a batch does not") { ledger.batches.map(\.count) == [1, 2] }
                submit(3..<4, to: commits, in: &group)
                try await eventually("two commits are under way") { commits.backlog == 1 }
                ledger.letGo()
                try await eventually("what waited goes when they have ended") { ledger.batches.map(\.count) == [1, 2, 1] }
                ledger.letGo()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a commit that takes long holds up nobody`() async throws {
        try await run(patience: .zero) { commits, ledger in
            try await withThrowingTaskGroup { group in
                submit(0..<1, to: commits, in: &group)
                try await eventually("the first one is under way") { ledger.batches == [[0]] }
                submit(1..<2, to: commits, in: &group)
                try await eventually("the second one too") { ledger.batches == [[0], [1]] }
                ledger.letGo()
                try await group.waitForAll()
            }
        }
    }

    /// A constraint that refuses odd numbers.
    private static func refusingOdd(_ batch: [Int]) throws -> [Int] {
        if let odd = batch.first(where: { $0 % 2 == 1 }) {
            throw PostgresError(.constraint("even"), operation: "INSERT", message: "\(odd) is odd")
        }
        return batch
    }

    /// Submits all before the writer runs, so that they are one batch.
    private func answers(to numbers: Range<Int>, from commits: GroupCommit<Int, Int>) async throws -> [Int: Result<Int, any Error>] {
        try await withThrowingTaskGroup(of: (Int, Result<Int, any Error>)?.self) { group in
            for number in numbers {
                group.addTask {
                    do { return (number, .success(try await commits.submit(number))) } catch { return (number, .failure(error)) }
                }
            }
            try await eventually("all wait") { commits.backlog == numbers.count }
            let service = ServiceGroup(services: [commits], logger: Logger(label: "test"))
            group.addTask {
                try await service.run()
                return nil
            }
            var answers: [Int: Result<Int, any Error>] = [:]
            while answers.count < numbers.count, let next = try await group.next() {
                if let next { answers[next.0] = next.1 }
            }
            await service.triggerGracefulShutdown()
            return answers
        }
    }

    @Test func `a request that is refused does not take its neighbours along`() async throws {
        let commits = GroupCommit<Int, Int>(writer: "test", rowsPerBatch: 8) { try Self.refusingOdd($0) }
        let answers = try await answers(to: 0..<5, from: commits)
        for number in [0, 2, 4] { #expect(try answers[number]?.get() == number) }
        for number in [1, 3] { #expect(throws: PostgresError.self) { try answers[number]?.get() } }
    }

    @Test func `a fault that is nobody's own is everybody's, and nothing is tried one by one`() async throws {
        let batches = Mutex<[Int]>([])
        let commits = GroupCommit<Int, Int>(writer: "test", rowsPerBatch: 8) { batch in
            batches.withLock { $0.append(batch.count) }
            throw PostgresError(.unavailable, operation: "connect", message: "it is away")
        }
        let answers = try await answers(to: 0..<3, from: commits)
        for number in 0..<3 { #expect(throws: PostgresError.self) { try answers[number]?.get() } }
        #expect(batches.withLock { $0 } == [3])
    }

    @Test(.timeLimit(.minutes(1))) func `past the bound a request is refused, and room that is made is used`() async throws {
        let ledger = Ledger()
        let commits = GroupCommit<Int, Int>(writer: "test", rowsPerBatch: 8, mostRowsWaiting: 3) { await ledger.commit($0) }
        try await withThrowingTaskGroup { group in
            submit(1..<2, rows: 2, to: commits, in: &group)
            try await eventually("it waits") { commits.backlog == 2 }
            await #expect(throws: CommitRefusal.overloaded) { try await commits.submit(2, rows: 2) }
            submit(3..<4, to: commits, in: &group)
            try await eventually("what has room waits too") { commits.backlog == 3 }
            group.addTask { try await commits.run() }
            try await eventually("both are under way") { ledger.batches == [[1, 3]] && commits.backlog == 0 }
            submit(4..<5, rows: 3, to: commits, in: &group)
            try await eventually("there is room again") { ledger.batches == [[1, 3], [4]] }
            ledger.letGo()
            for _ in 0..<3 { try await group.next() }
            group.cancelAll()
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a stop commits what waits, and refuses what comes after it`() async throws {
        let ledger = Ledger()
        let commits = GroupCommit<Int, Int>(writer: "test", rowsPerBatch: 2) { await ledger.commit($0) }
        let service = ServiceGroup(services: [commits], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { group in
            submit(0..<7, to: commits, in: &group)
            try await eventually("all wait") { commits.backlog == 7 }
            group.addTask { try await service.run() }
            try await eventually("the first ones are under way") { ledger.batches.count == 2 && commits.backlog == 3 }
            await service.triggerGracefulShutdown()
            try await eventually("it takes no more") {
                // Those before the stop are taken, and committed with the rest.
                Task { do { _ = try await commits.submit(99) } catch { ledger.refuse() } }
                return ledger.hasRefused
            }
            try await eventually("what waited is committed") {
                ledger.letGo()
                return Set(ledger.batches.joined()).isSuperset(of: 0..<7) && commits.backlog == 0
            }
            ledger.letGo()
            try await group.waitForAll()
        }
    }
}
