package import Postgres
import Primitives
import ServiceLifecycle

/// Accepts jobs: many requests, one INSERT and one commit.
package struct JobWriter: Service {
    package struct Request: Sendable {
        package var jobs: [NewJob]
        package var claim: IdempotencyClaim?
        /// Which of the jobs wait for which; a job stands behind those it waits for.
        package var follows: [JobFollow]

        package init(jobs: [NewJob], claim: IdempotencyClaim? = nil, follows: [JobFollow] = []) {
            self.jobs = jobs
            self.claim = claim
            self.follows = follows
        }

        /// Whether every job is new for certain and due at once, which one bare INSERT accepts.
        var isPlain: Bool { claim == nil && jobs.allSatisfy(\.isPlain) }
    }

    private let commits: GroupCommit<Request, Claimed<[AcceptedJob]>>

    package init(pool: PostgresPool, parallelCommits: Int = 2) {
        commits = GroupCommit(writer: "jobs", parallelCommits: parallelCommits) { batch in
            try await Self.commit(batch, pool: pool, slot: .any())
        }
    }

    package func run() async throws { try await commits.run() }

    /// Rows that wait for their commit.
    package var backlog: Int { commits.backlog }

    /// Returns after the commit. All jobs of a request are accepted in one transaction, or none.
    package func accept(_ request: Request) async throws -> Claimed<[AcceptedJob]> {
        try await commits.submit(request, rows: request.jobs.count)
    }

    static func commit(_ batch: [Request], pool: PostgresPool, slot: CounterSlot) async throws -> [Claimed<[AcceptedJob]>] {
        if batch.allSatisfy(\.isPlain) {
            let jobs = batch.flatMap(\.jobs)
            _ = try await pool.query(JobInsert.plain, JobInsert.parameters(jobs) + [.int16(slot.number)])
            return batch.map { .done($0.jobs.map { AcceptedJob(id: $0.id, isDuplicate: false, delay: 0) }) }
        }
        return try await pool.withTransaction { connection in
            try await commitWithClaims(batch, slot: slot, on: connection)
        }
    }

    private static func commitWithClaims(
        _ batch: [Request], slot: CounterSlot, on connection: PostgresConnection
    ) async throws -> [Claimed<[AcceptedJob]>] {
        let verdicts = try await ClaimTable.take(batch.compactMap(\.claim), on: connection)
        var answers: [Claimed<[AcceptedJob]>?] = []
        var next = verdicts.makeIterator()
        for request in batch {
            switch request.claim == nil ? .granted : next.next() ?? .inProgress {
            case .granted: answers.append(nil)
            case .replayed(let answer): answers.append(.replayed(answer: answer))
            case .mismatch: answers.append(.mismatch)
            case .inProgress: answers.append(.inProgress)
            }
        }
        let open = batch.indices.filter { answers[$0] == nil }
        let jobs = open.flatMap { batch[$0].jobs }
        let accepted = try await JobFollow.attach(
            open.flatMap { batch[$0].follows }, of: jobs, accepted: JobInsert.careful(jobs, slot: slot, on: connection), on: connection)
        var rest = accepted[...]
        var stored: [(IdempotencyClaim, String)] = []
        for index in open {
            let mine = Array(rest.prefix(batch[index].jobs.count))
            rest = rest.dropFirst(mine.count)
            answers[index] = .done(mine)
            if let claim = batch[index].claim { stored.append((claim, mine.map(\.receipt).joined(separator: " "))) }
        }
        try await ClaimTable.store(stored, on: connection)
        return answers.compactMap(\.self)
    }
}
