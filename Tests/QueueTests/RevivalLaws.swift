import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// A job that comes back from its end begins anew, with nothing left that would end it at once; and what it carries is changed only while it is dead.
@Suite struct RevivalLaws {
    private func replay(_ queue: QueueFixture, _ job: NewJob) async throws {
        let report = try await DeadLetterTable(pool: queue.pool).move(.ids([job.id]), by: .replay, workspace: queue.workspace, actor: "x")
        guard report.doneCount == 1 else { throw NeverHappened("the job is replayed: \(report)") }
    }

    private func set(_ queue: QueueFixture, _ job: NewJob, _ columns: String) async throws {
        _ = try await queue.pool.query("UPDATE jobs SET \(columns) WHERE id = $1", [.id(job.id.value)])
    }

    @Test func `a replay forgives a poison job its lost workers`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.commit(queue.newJobs(1))[0]
            let confirmation = JobConfirmation(pool: queue.pool)
            for attempt in 1...JobConfirmation.mostReclaims { _ = try await confirmation.reclaim([job.id: Int32(attempt)]) }
            let buried = try await queue.state(of: job.id)
            #expect(buried.state == "dead")
            try await replay(queue, job)
            let next = buried.attempt + 1
            guard case .run? = try await confirmation.reclaim([job.id: next])[job.id] else { throw NeverHappened("it runs once more") }
            #expect(try await queue.state(of: job.id).state == "pending")
            #expect(try await queue.find(job.id).job.reclaims == 1)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test(arguments: [false, true]) func `what comes back may run although its notAfter has passed, and keeps one that has not`(wasDead: Bool) async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            try await set(queue, jobs[0], "not_after = now() - interval '1 hour'")
            try await set(queue, jobs[1], "not_after = now() + interval '1 hour'")
            if wasDead {
                try await queue.bury(jobs)
                for job in jobs { try await replay(queue, job) }
            } else {
                try await queue.settle(jobs.map(\.id), attempt: 1, ending: .cancelled)
                try await set(queue, jobs[0], "result = '1'")
                for job in jobs {
                    guard case .revived(let freed) = try await queue.table.revive(job.id, workspace: queue.workspace, by: "somebody") else {
                        throw NeverHappened("it is revived")
                    }
                    #expect(freed.entry.id == job.id && freed.delay == 0)
                }
            }
            let past = try await queue.find(jobs[0].id), future = try await queue.find(jobs[1].id)
            #expect(past.job.notAfter == nil && past.result == nil && future.job.notAfter != nil)
            try await queue.canceller.endOverdue()
            for answer in try await JobConfirmation(pool: queue.pool).confirm(jobs.map(\.id)).values {
                guard case .run(let job) = answer else { throw NeverHappened("it may run: \(answer)") }
                #expect(job.attempt == 2)
            }
            let actions = try await OperatorActionTable(pool: queue.pool).list(workspace: queue.workspace, before: nil, limit: 10)
            #expect(Set(actions.map(\.action)) == [wasDead ? "dead_letters.replay" : "jobs.retry"])
            #expect(Set(actions.map(\.actor)) == [wasDead ? "x" : "somebody"] && Set(actions.flatMap(\.jobs)) == Set(jobs.map(\.id)))
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a job has a hundred payloads and no more`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.buried(1)[0], table = PayloadVersionTable(pool: queue.pool)
            func edit(_ payload: String) async throws -> PayloadVersionTable.Edit {
                try await table.edit(job.id, payload: payload, expected: nil, workspace: queue.workspace, author: "x")
            }
            #expect(try await edit("{}") == .done(version: 2))
            _ = try await queue.pool.query(
                "INSERT INTO job_payload_versions (job_id, version, workspace_id, payload) SELECT $1, n, $2, '{}' FROM generate_series(3, 99) n",
                [.id(job.id.value), .id(queue.workspace.value)])
            #expect(try await edit(#"{"last":1}"#) == .done(version: 100))
            #expect(try await edit(#"{"more":1}"#) == .tooMany)
            #expect(try await table.versions(of: job.id, workspace: queue.workspace).count == 100)
            #expect(try await queue.find(job.id).payload == #"{"last":1}"#)
        }
    }

    @Test(arguments: [Settlement.Ending.succeeded, .retried, .cancelled])
    func `the payload of a job that is not dead stays as it is`(ending: Settlement.Ending) async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.commit(queue.newJobs(1))[0]
            try await queue.settle([job.id], attempt: 1, ending: ending)
            let table = PayloadVersionTable(pool: queue.pool)
            #expect(try await table.edit(job.id, payload: "{}", expected: nil, workspace: queue.workspace, author: "x") == .notDead)
            #expect(try await queue.find(job.id).payload == job.payload)
            #expect(try await table.versions(of: job.id, workspace: queue.workspace).count == 1)
        }
    }
}
