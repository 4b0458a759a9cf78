import Foundation
import Identity
import Jobs
import Ledger
import Postgres
import Primitives
import Queue

/// What is measured, and between which two moments.
extension BenchSystem {
    private static let lanes = 10

    /// From the first request to the last commit.
    func enqueue(_ count: Int, perRequest: Int, callers: Int) async throws -> BenchSample {
        try await sample(count) {
            let tickets = Tickets(count: count)
            try await withThrowingTaskGroup { group in
                for _ in 0..<callers {
                    group.addTask {
                        while let numbers = tickets.take(perRequest) { _ = try await intake.accept(numbers.map(noop)) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Everything that waits, from the workers' start to the last committed result.
    func drain() async throws -> BenchSample {
        let before = try await ended()
        let pending = try await pool.query("SELECT count(*) FROM jobs WHERE state = 'pending'")
        let count = Int(try pending.first?.int64(0) ?? 0)
        return try await withWorkers { () async throws -> BenchSample in try await sample(count) { try await waitForEnded(before + count) } }
    }

    /// From the first request to the last committed result, enqueued by many callers while the workers run.
    func stream(_ count: Int, callers: Int) async throws -> BenchSample {
        let before = try await ended()
        return try await withWorkers { () async throws -> BenchSample in
            try await sample(count) {
                _ = try await enqueue(count, perRequest: 1, callers: callers)
                try await waitForEnded(before + count)
            }
        }
    }

    /// Deliveries to ten endpoints that wait, from the workers' start to the last committed result; and the publishing of their events before.
    func drainDeliveries(_ count: Int, to address: String?) async throws -> (published: BenchSample, delivered: BenchSample) {
        try await withReceiver(at: address, expecting: count) {
            let before = try await ended()
            let published = try await sample(count) { try await publish(count, callers: 256) }
            return (published, try await withWorkers { () async throws -> BenchSample in try await sample(count) { try await waitForEnded(before + count) } })
        }
    }

    /// Events published one by one to ten endpoints while the workers run, from the first to the last committed result.
    func deliver(_ count: Int, to address: String?) async throws -> BenchSample {
        try await withReceiver(at: address, expecting: count) {
            let before = try await ended()
            let delivered = try await withWorkers { () async throws -> BenchSample in
                try await sample(count) {
                    try await publish(count, callers: 256)
                    try await waitForEnded(before + count)
                }
            }
            return (delivered, delivered)
        }.delivered
    }

    /// Ten endpoints at a receiver for the time of the body: at the address, or at one of ours that counts what arrives.
    private func withReceiver(
        at address: String?, expecting count: Int, _ body: () async throws -> (published: BenchSample, delivered: BenchSample)
    ) async throws -> (published: BenchSample, delivered: BenchSample) {
        let receiver = address == nil ? try await BenchReceiver.start() : nil
        try await addEndpoints(address ?? receiver?.url ?? "")
        var measured = try await body()
        if let tally = try await receiver?.stop() {
            measured.delivered.received = BenchSample.Received(sent: count, distinct: tally.distinct, repeated: tally.total - tally.distinct)
        }
        try await pool.query("DELETE FROM endpoints WHERE workspace_id = $1", [.id(workspace.value)])
        return measured
    }

    /// Ten endpoints at one address, each with events of its own.
    func addEndpoints(_ address: String) async throws {
        for number in 0..<Self.lanes { _ = try await addEndpoint(address, event: "bench.run\(number)") }
    }

    func addEndpoint(_ address: String, event: String) async throws -> EndpointID {
        let id: EndpointID = IdentifierSource.system.next()
        let sealed = try sealer.seal(WebhookSecret.random().bytes, context: Sealer.endpointContext(workspace: workspace, endpoint: id))
        try await pool.query(
            """
            WITH endpoint AS (INSERT INTO endpoints (id, workspace_id, url, event_types) VALUES ($1, $2, $3, $4))
            INSERT INTO endpoint_secrets (id, workspace_id, endpoint_id, kind, secret_sealed, secret_key_id) VALUES ($1, $2, $1, 'v1', $5, $6)
            """,
            [.id(id.value), .id(workspace.value), .text(address), .texts([event]), .bytes(sealed.bytes), .text(sealed.keyID)])
        return id
    }

    /// Events whose bodies have 500 bytes.
    func publish(_ count: Int, callers: Int) async throws {
        let data = "{\"text\":\"\(String(repeating: "x", count: 386))\"}"
        let tickets = Tickets(count: count)
        try await withThrowingTaskGroup { group in
            for _ in 0..<callers {
                group.addTask {
                    while let number = tickets.take()?.first {
                        _ = try await publisher.publish(
                            workspace: workspace, type: "bench.run\(number % Self.lanes)", key: nil, timestamp: nil, data: data, trace: nil, claim: nil)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Microseconds from the answer to the client until the job's first line runs, at a steady rate.
    func latency(seconds: Int, perSecond: Int) async throws -> [Int64] {
        let before = try await ended()
        return try await withWorkers { () async throws -> [Int64] in
            kinds.beginRecording()
            let accepted = AcceptTimes()
            let begun = ContinuousClock.now
            try await withThrowingTaskGroup { group in
                for number in 0..<seconds * perSecond {
                    // Open loop: the next one comes at its time, whether the last one is done or not.
                    try await Task.sleep(until: begun + .microseconds(number * 1_000_000 / perSecond), tolerance: .zero)
                    group.addTask {
                        let job = noop(number)
                        _ = try await intake.accept([job])
                        accepted.note(job.id)
                    }
                }
                try await group.waitForAll()
            }
            try await waitForEnded(before + seconds * perSecond)
            let starts = kinds.endRecording()
            return accepted.all.compactMap { id, time in starts[id].map { max(0, (($0 - time) as Duration).microseconds) } }
        }
    }

    /// One job, and its answer is waited for. A stamped one carries the time.
    func enqueueOne(_ number: Int, isStamped: Bool) async throws {
        var job = noop(number)
        if isStamped { job.payload = "\(PeerTally.stamp)\(Date.now.timeIntervalSince1970)}" }
        _ = try await intake.accept([job])
    }

    func noop(_ number: Int) -> NewJob { noop(number, lane: "lane\(number % Self.lanes)") }

    func noop(_ number: Int, lane: String) -> NewJob {
        NewJob(
            id: IdentifierSource.system.next(), workspace: workspace, kind: NoopJob.kind, queue: "default", lane: lane,
            payload: "{\"args\":[\"string\",\(number),{\"mike\":\"bob\"}]}", maxAttempts: 20)
    }

    private func sample(_ count: Int, _ body: () async throws -> Void) async throws -> BenchSample {
        let processor = ProcessorTime.now(stores: storePIDs)
        let begun = ContinuousClock.now
        try await body()
        let elapsed = ContinuousClock.now - begun
        return BenchSample(count: count, elapsed: elapsed, processor: ProcessorTime.now(stores: storePIDs) - processor, received: nil)
    }

    func waitForEnded(_ count: Int) async throws {
        while try await ended() < count { try await Task.sleep(for: .milliseconds(5)) }
    }
}
