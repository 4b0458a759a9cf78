import Ledger
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct DeadLetterGroupLaws {
    private func groups(_ queue: QueueFixture, by grouping: DeadLetterGrouping = .fingerprint) async throws -> [DeadLetterGroup] {
        try await DeadLetterTable(pool: queue.pool).groups(by: grouping, workspace: queue.workspace, limit: 50)
    }

    @Test func `jobs that died of one cause are one group, by kind, class and message`() async throws {
        try await QueueFixture.run { queue in
            try await queue.bury(queue.commit(queue.newJobs(3))) { "timed out after \($0 * 100) ms" }
            try await queue.bury(queue.commit(queue.newJobs(2, kind: "other.kind"))) { "timed out after \($0) ms" }
            try await queue.bury(queue.commit(queue.newJobs(1)), errorClass: "refused") { _ in "timed out after 5 ms" }
            let last = try await queue.commit(queue.newJobs(4))
            try await queue.bury(last) { "order \($0) is unknown" }
            let found = try await groups(queue)
            #expect(found.map(\.count) == [4, 3, 2, 1])
            #expect(found[0].sample == last[3].id && found[0].message == "order 3 is unknown" && found[0].kind == "noop")
            #expect(found.allSatisfy { $0.key?.wholeMatch(of: /f1_[0-9a-f]{16}/) != nil }, "\(found.map(\.key))")
            // Groups outlive releases: whoever changes the rules raises the version in front.
            #expect(found[1].key == "f1_952b0c7e6846b6ea")
            #expect(try await groups(queue, by: .kind).map(\.key) == ["noop", "other.kind"])
            #expect(try await groups(queue, by: .errorClass).map(\.count) == [9, 1])
            #expect(try await groups(queue, by: .lane).map(\.kind) == [nil], "they are of several kinds")
        }
    }

    @Test func `poison jobs are a group, and so are those that an older release buried`() async throws {
        try await QueueFixture.run { queue in
            let poison = try await queue.commit(queue.newJobs(2))
            let confirmation = JobConfirmation(pool: queue.pool)
            for attempt in 1...JobConfirmation.mostReclaims {
                _ = try await confirmation.reclaim(Dictionary(uniqueKeysWithValues: poison.map { ($0.id, Int32(attempt)) }))
            }
            let before = try await groups(queue)
            #expect(before.map(\.count) == [2] && before[0].key != nil && before[0].errorClass == "worker_lost")
            _ = try await queue.pool.query("UPDATE jobs SET fingerprint = NULL")
            #expect(try await groups(queue).map(\.key) == [nil])
            #expect(try await DeadLetterTable(pool: queue.pool).addFingerprints(limit: 1) == 1)
            #expect(try await DeadLetterTable(pool: queue.pool).addFingerprints(limit: 10) == 1)
            #expect(try await groups(queue).map(\.key) == before.map(\.key))
        }
    }

    @Test func `only a burial makes a fingerprint`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.buried(1)[0]
            let table = DeadLetterTable(pool: queue.pool)
            _ = try await table.move(.ids([job.id]), by: .replay, workspace: queue.workspace, actor: "cli")
            try await queue.settle([job.id], attempt: 2, ending: .succeeded)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE fingerprint IS NOT NULL") == 0)
        }
    }
}
