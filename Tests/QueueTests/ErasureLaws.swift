import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// A person is erased everywhere, through any crash, counted exactly, and the books balance.
@Suite struct ErasureLaws {
    private static let email = "ann@example.com"
    private static let other = "joann@example.com"

    private func table(_ queue: QueueFixture) -> ErasureTable { ErasureTable(pool: queue.pool) }

    private func begin(_ queue: QueueFixture, dryRun: Bool = false) async throws -> ErasureID {
        let subject = try #require(ErasureSubject(email: Self.email))
        let begun = try await queue.pool.withTransaction { connection in
            try await table(queue).begin(subject, isDryRun: dryRun, workspace: queue.workspace, author: "key_x", on: connection)
        }
        return try #require(begun).id
    }

    /// To the end; the leader's canceller does its part between two steps.
    private func work(off id: ErasureID, _ queue: QueueFixture, term: LeaderTerm) async throws -> Erasure {
        for _ in 0..<200 {
            switch try await table(queue).step(id, term: term) {
            case .moved: break
            case .waits: try await queue.canceller.endMarked()
            case .over: return try #require(try await table(queue).find(id, workspace: queue.workspace))
            }
        }
        throw NeverHappened("it comes to an end")
    }

    private func mentions(_ queue: QueueFixture) async throws -> Int64 {
        try await queue.number(
            """
            SELECT (SELECT count(*) FROM jobs WHERE payload || coalesce(result, '') || coalesce(error_message, '') LIKE '%ann@%')
                + (SELECT count(*) FROM job_payload_versions WHERE payload LIKE '%ann@%')
                + (SELECT count(*) FROM event_bodies WHERE body LIKE '%ann@%')
                + (SELECT count(*) FROM integration_log WHERE concat(message, path, details, request_body, response_body) LIKE '%ann@%')
                + (SELECT count(*) FROM operator_actions WHERE detail LIKE '%ann@%') + (SELECT count(*) FROM erasures WHERE subject LIKE '%ann@%')
            """)
    }

    /// Of the person and of somebody whose address ends the same: 3 jobs that succeeded, 2 dead ones with a payload from before, 2 that wait; 4 log lines.
    private func scene(_ replays: ReplayFixture) async throws -> [NewJob] {
        let queue = replays.queue
        let jobs = try await replays.publish(7) { _ in #"{"email":"\#(Self.email)","name":"x"}"# }
        try await replays.publish(2) { _ in #"{"email":"\#(Self.other)"}"# }
        try await queue.settle(jobs[0..<3].map(\.id), attempt: 1, ending: .succeeded)
        try await queue.bury(Array(jobs[3..<5]), message: { "no \($0) for \(Self.email)" })
        let payloads = PayloadVersionTable(pool: queue.pool)
        _ = try await payloads.edit(jobs[3].id, payload: #"{"email":"nobody"}"#, expected: nil, workspace: queue.workspace, author: "x")
        _ = try await queue.pool.query(
            """
            INSERT INTO integration_log (workspace_id, type, outcome, path, request_body, response_body)
            VALUES ($1, 'request', 'ok', '/api/users?email=ann%40example.com', NULL, NULL), ($1, 'request', 'ok', '/', '{"e":"ann\\u0040example.com"}', NULL),
                ($1, 'request', 'ok', '/', '{"e":"joann@example.com"}', '{}')
            """, [.id(queue.workspace.value)])
        return jobs
    }

    @Test func `a person is erased everywhere, others are not, and every row is counted once`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            let jobs = try await scene(replays)
            let erased = try await work(off: try await begin(queue), queue, term: term)
            #expect(erased.state == .done && erased.endedAt != nil && erased.error == nil)
            // One of the dead jobs has another payload by now, and the address in its error.
            #expect(
                erased.counts
                    == #"{"jobs":7,"payloadVersions":1,"events":0,"eventBodies":7,"schedules":0,"requestLog":2,"attemptLog":2,"operatorActions":0,"idempotencyAnswers":0}"#
            )
            #expect(erased.jobsCancelled == 2)
            #expect(try await queue.number("SELECT count(*) FROM jobs WHERE payload LIKE '%joann@%'") == 2)
            #expect(try await queue.number("SELECT count(*) FROM event_bodies WHERE body LIKE '%joann@%'") == 2)
            _ = try await queue.pool.query("UPDATE jobs SET payload = replace(payload, 'joann@', 'jo@')")
            _ = try await queue.pool.query("UPDATE event_bodies SET body = replace(body, 'joann@', 'jo@')")
            _ = try await queue.pool.query("UPDATE integration_log SET request_body = replace(request_body, 'joann@', 'jo@')")
            #expect(try await mentions(queue) == 0)
            #expect(try await queue.number(#"SELECT count(*) FROM event_bodies WHERE body = '{"email":"[erased]","name":"x"}'"#) == 7)
            for job in jobs[5...] { #expect(try await queue.state(of: job.id).state == "cancelled") }
            #expect(try await queue.state(of: jobs[3].id).state == "dead")
            #expect(try await queue.audit.books().differences == [])
            let records = try await queue.pool.query("SELECT action, detail FROM operator_actions WHERE action LIKE 'erasures.%' ORDER BY id").map {
                (try $0.text(0), try $0.text(1))
            }
            #expect(records.map(\.0) == ["erasures.begin", "erasures.done"])
            #expect(records.last?.1.contains(#""eventBodies":7"#) == true)
        }
    }

    @Test func `a dry run counts the same and changes nothing`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            _ = try await scene(replays)
            let before = try await mentions(queue)
            let dry = try await work(off: try await begin(queue, dryRun: true), queue, term: term)
            #expect(try await mentions(queue) == before)
            #expect(dry.state == .done && dry.jobsCancelled == 0)
            let erased = try await work(off: try await begin(queue), queue, term: term)
            #expect(erased.counts == dry.counts)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `an erasure goes on where its leader died, and a former leader erases nothing`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let leadership = Leadership(pool: queue.pool, holder: "s1", lease: .seconds(120))
            let term = try #require(try await leadership.claim())
            // More than a page.
            try await replays.publish(700) { _ in #"{"e":"\#(Self.email)"}"# }
            try await replays.publish(700) { _ in #"{"e":"\#(Self.email)"}"# }
            let id = try await begin(queue)
            #expect(try await table(queue).step(id, term: term) == .moved)
            try await leadership.resign(term)
            let next = try #require(try await Leadership(pool: queue.pool, holder: "s2", lease: .seconds(120)).claim())
            await #expect(throws: LedgerError.self) { try await table(queue).step(id, term: term) }
            #expect(try await table(queue).find(id, workspace: queue.workspace)?.counts == #"{"jobs":1000}"#)
            let erased = try await work(off: id, queue, term: next)
            #expect(erased.counts.hasPrefix(#"{"jobs":1400,"#) && erased.counts.contains(#""eventBodies":1400"#), "\(erased.counts)")
            #expect(erased.jobsCancelled == 1400)
            #expect(try await mentions(queue) == 0)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `what a running attempt writes after it was looked at is erased too`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            let job = try await replays.publish(1) { _ in #"{"e":"\#(Self.email)"}"# }[0]
            let id = try await begin(queue)
            var steps = 0
            while try await table(queue).step(id, term: term) == .moved { steps += 1 }
            #expect(steps >= 9)
            #expect(try await table(queue).step(id, term: term) == .waits, "the job is marked, and nobody has ended it")
            try await queue.settle([job.id], attempt: 1, ending: .succeeded)
            _ = try await queue.pool.query(
                #"UPDATE integration_log SET details = '{"responseBody":"thanks, ann@example.com"}' WHERE job_id = $1"#, [.id(job.id.value)])
            let erased = try await work(off: id, queue, term: term)
            #expect(erased.state == .done)
            #expect(try await mentions(queue) == 0)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `another workspace keeps what it says of the same person`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            _ = try await scene(replays)
            let subject = try #require(ErasureSubject(email: Self.email))
            let stranger = WorkspaceID(IdentifierSource.system.next())
            let begun = try await queue.pool.withTransaction { connection in
                try await table(queue).begin(subject, isDryRun: false, workspace: stranger, author: "x", on: connection)
            }
            let id = try #require(begun).id
            let before = try await mentions(queue)
            while try await table(queue).step(id, term: term) == .moved {}
            #expect(try await mentions(queue) == before - 1, "only that it was asked for is gone")
            #expect(try await table(queue).find(id, workspace: queue.workspace) == nil)
        }
    }
}
