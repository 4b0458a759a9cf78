import Ledger
import Primitives
import Synchronization
import TestSupport
import Testing

/// When a batch is closed, without a ledger behind it.
@Suite struct GroupCommitLaws {
    /// Batches as they were begun; each stays open until it is let go.
    private final class Ledger: Sendable {
        private let state = Mutex<(batches: [[Int]], held: [CheckedContinuation<Void, Never>])>(([], []))

        var batches: [[Int]] { state.withLock { $0.batches } }

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

    private func submit(_ numbers: Range<Int>, to commits: GroupCommit<Int, Int>, in group: inout ThrowingTaskGroup<Void, any Error>) {
        for number in numbers {
            group.addTask {
                let answer = try await commits.submit(number)
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
}
