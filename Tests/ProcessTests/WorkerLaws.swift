import HTTPDelivery
import Identity
import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing
import Worker

/// A worker's parts as the process wires them, alone: no scheduler mends what it forgets.
@Suite struct WorkerLaws {
    /// Says how far it is, and ends.
    private struct TellingJob: Job {
        static let kind = "test.telling"

        func perform(_ context: JobContext) async -> Outcome {
            context.report(progress: 0.5, "half of it")
            return .succeeded()
        }
    }

    private func working(_ stage: ProcessFixture, _ body: () async throws -> Void) async throws {
        try await stage.openIndex(1)
        let client = try DeliveryClient(policy: AddressPolicy())
        let worker = WorkerProcess(
            map: stage.map, pool: stage.pool, redis: stage.redis, registry: JobRegistry(allJobs + [TellingJob.self]), delivery: client,
            targets: AddressPolicy(), sealer: try Sealer(secret: Redacted(Sealer.randomKey())), logger: stage.logger)
        do {
            try await stage.running(worker.all, body)
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }

    @Test func `what follows a job runs when it has succeeded, with nobody's help`() async throws {
        try await ProcessFixture.run { stage in
            try await working(stage) {
                var (first, last) = (stage.job(lane: "first"), stage.job(lane: "last"))
                first.hasFollowers = true
                last.blockedBy = 1
                try await stage.commit([first, last], follows: [JobFollow(predecessor: first.id, follower: last.id)])
                try await stage.push(first)
                try await eventually("both have succeeded") { try await stage.count("state = 'succeeded'") == 2 }
            }
            #expect(try await Audit(pool: stage.pool).books().differences == [])
        }
    }

    @Test func `what a job says of its progress is kept`() async throws {
        try await ProcessFixture.run { stage in
            try await working(stage) {
                let job = stage.job(lane: "lane", kind: TellingJob.kind)
                try await stage.commit([job])
                try await stage.push(job)
                try await eventually("it is in the ledger") {
                    try await stage.number("SELECT count(*) FROM job_progress WHERE attempt = 1 AND percent = 50 AND text = 'half of it'") == 1
                }
            }
        }
    }

    @Test func `a job that comes after its time is not run`() async throws {
        try await ProcessFixture.run { stage in
            try await working(stage) {
                var job = stage.job(lane: "lane", kind: TellingJob.kind)
                job.notAfter = 1_000_000
                try await stage.commit([job])
                try await stage.push(job)
                try await eventually("it is over") { try await stage.count("state = 'cancelled' AND error_class = 'expired'") == 1 }
                #expect(try await stage.number("SELECT count(*) FROM integration_log WHERE type = 'attempt'") == 0)
            }
            #expect(try await Audit(pool: stage.pool).books().differences == [])
        }
    }

    @Test func `a worker is shown to operators from its first claim until it stops`() async throws {
        try await ProcessFixture.run { stage in
            try await working(stage) {
                try await eventually("it is there") {
                    let workers = try await WorkerTable(pool: stage.pool).list()
                    return workers.count == 1 && workers[0].queues == #"{"default":{"slots":256,"active":0}}"#
                }
            }
            #expect(try await WorkerTable(pool: stage.pool).list().isEmpty)
        }
    }
}
