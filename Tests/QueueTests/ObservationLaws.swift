import CoreMetrics
import Ledger
import Logging
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import Synchronization
import Telemetry
import TestSupport
import Testing

/// What a runner says of itself agrees with what the ledger has.
@Suite struct ObservationLaws {
    /// A worker, everything of which observes into `registry` and logs into `lines`.
    private func withWorker(
        _ queue: QueueFixture, _ kinds: ScriptedKinds, registry: PrometheusRegistry, lines: Captured = Captured(), level: Logger.Level = .trace,
        _ body: () async throws -> Void
    ) async throws {
        var logger = Logger(label: "test") { _ in lines.handler }
        logger.logLevel = level
        let (settlements, runner) = withMetricsFactory(registry) { [logger] in
            let settlements = SettlementWriter(pool: queue.pool, logger: logger)
            return (
                settlements,
                QueueRunner(
                    index: queue.index, worker: namespace(), kinds: kinds, confirmation: JobConfirmation(pool: queue.pool),
                    settlements: settlements, waiting: queue.waiting, settings: QueueRunner.Settings(slots: 16, drain: .seconds(5)), logger: logger)
            )
        }
        let group = ServiceGroup(services: [settlements, runner], logger: queue.logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func value(_ series: String, in registry: PrometheusRegistry) -> Int {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix(series + " ") }?.split(separator: " ").last.flatMap { Double($0) }
            .map { Int($0) } ?? 0
    }

    @Test func `counted attempts agree with the ledger's log`() async throws {
        try await QueueFixture.run { queue in
            let registry = PrometheusRegistry()
            let kinds = ScriptedKinds { job in
                switch job.lane {
                case "fails": .failed(Failure(.transient(), code: "boom", message: "no"))
                case "is-cancelled": .cancelled(reason: "no use")
                case "is-buried": .failed(Failure(.permanent, code: "never", message: "no"))
                case "snoozes" where job.waited == nil: .snoozed(.milliseconds(5), reason: "not now")
                default: .succeeded()
                }
            }
            let lanes = ["succeeds": 40, "fails": 5, "is-cancelled": 6, "is-buried": 7, "snoozes": 8]
            let jobs = lanes.flatMap { queue.newJobs($1, lane: $0, maxAttempts: 3) } + queue.newJobs(2, lane: "strange", kind: "unheard.of")
            try await withWorker(queue, kinds, registry: registry) {
                try await queue.commit(jobs)
                try await queue.push(jobs)
                try await eventually("all have ended") { try await queue.audit.books().pending == 0 }
            }
            let rows = try await queue.pool.query("SELECT outcome, kind, count(*) FROM integration_log GROUP BY outcome, kind")
            let logged = try Dictionary(uniqueKeysWithValues: rows.map { ("\(try $0.text(0)) \(try $0.text(1))", Int(try $0.int64(2))) })
            #expect(
                logged == [
                    "succeeded noop": 48, "retried noop": 10, "dead noop": 12, "cancelled noop": 6, "snoozed noop": 8, "dead unheard.of": 2,
                ])
            for (what, count) in logged {
                let parts = what.split(separator: " ")
                let kind = parts[1] == "noop" ? "noop" : "unknown"
                #expect(Self.value(#"voicera_attempts_total{kind="\#(kind)",outcome="\#(parts[0])",queue="default"}"#, in: registry) == count, "\(what)")
            }
            let attempts = Self.value(#"voicera_attempt_duration_seconds_count{kind="noop",queue="default"}"#, in: registry)
            #expect(attempts == 84)
            #expect(Self.value(#"voicera_job_wait_seconds_count{queue="default"}"#, in: registry) == 86)
            let claimed = ["first", "second", "reclaimed"].map {
                Self.value(#"voicera_jobs_claimed_total{hand="\#($0)",queue="default"}"#, in: registry)
            }
            #expect(claimed == [68, 18, 0])
            // A commit that was refused a settlement would have more rows than were applied; here there was none.
            #expect(Self.value(#"voicera_ledger_batch_rows_sum{writer="settlements"}"#, in: registry) == 86)
            #expect(!registry.exposition().contains("unheard"), "a client's word is no label")
        }
    }

    @Test func `a settlement that the ledger refuses counts as refused, and as no attempt`() async throws {
        try await QueueFixture.run { queue in
            let registry = PrometheusRegistry()
            let lines = Captured()
            let kinds = ScriptedKinds { job in
                // Somebody else moves the job on while it runs.
                _ = try? await queue.pool.query("UPDATE jobs SET attempt = 9 WHERE id = $1", [.id(job.id.value)])
                return .succeeded()
            }
            let job = queue.newJobs(1)[0]
            try await withWorker(queue, kinds, registry: registry, lines: lines) {
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it is refused") {
                    Self.value(#"voicera_settlements_refused_total{queue="default"}"#, in: registry) == 1
                }
            }
            #expect(!registry.exposition().contains("voicera_attempts_total{"))
            #expect(lines.all.contains { $0.message.hasPrefix("a settlement was refused") && $0.fields["job"] == "\(job.id)" })
        }
    }

    @Test func `the log of a failing attempt names job, kind, attempt, queue, workspace and trace`() async throws {
        try await QueueFixture.run { queue in
            let lines = Captured()
            let spans = Mutex<[TraceContext]>([])
            let kinds = ScriptedKinds { job in
                spans.withLock { $0 += job.span.map { [$0] } ?? [] }
                return .failed(Failure(.transient(), code: "boom", message: "the answer was: secret"))
            }
            var job = queue.newJobs(1, maxAttempts: 2)[0]
            job.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 rojo=1"
            try await withWorker(queue, kinds, registry: PrometheusRegistry(), lines: lines) { [job] in
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it is buried") { try await queue.state(of: job.id).state == "dead" }
            }
            let told = lines.all.filter { $0.fields["job"] == "\(job.id)" }
            #expect(told.map(\.message) == ["an attempt failed and will be retried", "a job was buried"])
            #expect(told.map(\.level) == [.info, .warning])
            #expect(told.map { $0.fields["attempt"] } == ["1", "2"])
            for line in told {
                #expect(line.fields["kind"] == "noop" && line.fields["queue"] == "default" && line.fields["workspace"] == "\(queue.workspace)")
                #expect(line.fields["traceId"] == "0af7651916cd43dd8448eb211c80319c" && line.fields["errorClass"] == "boom")
            }
            #expect(!lines.all.contains { "\($0.fields)".contains("secret") || $0.message.contains("secret") })
            // Each attempt has a span of its own, the one that its line names.
            let seen = spans.withLock(\.self)
            #expect(seen.count == 2 && Set(seen.map(\.spanID)).count == 2 && !seen.map(\.spanID).contains("b7ad6b7169203331"))
            #expect(told.map { $0.fields["spanId"] } == seen.map(\.spanID))
            #expect(seen.allSatisfy { $0.flags == 0 && $0.state == "rojo=1" })
        }
    }

    @Test func `a job that nobody traces is in a trace named by its id, all attempts of it`() async throws {
        try await QueueFixture.run { queue in
            let spans = Mutex<[TraceContext]>([])
            let kinds = ScriptedKinds { job in
                spans.withLock { $0 += job.span.map { [$0] } ?? [] }
                return job.attempt < 3 ? .failed(Failure(.transient(), code: "boom", message: "no")) : .succeeded()
            }
            let job = queue.newJobs(1)[0]
            try await withWorker(queue, kinds, registry: PrometheusRegistry()) {
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it succeeds") { try await queue.state(of: job.id).state == "succeeded" }
            }
            let seen = spans.withLock(\.self)
            #expect(seen.count == 3 && Set(seen.map(\.spanID)).count == 3)
            #expect(seen.allSatisfy { $0.trace == (job.id.value.high, job.id.value.low) })
        }
    }

    @Test func `an index that is rebuilt is counted`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let registry = PrometheusRegistry()
            let leadership = Leadership(pool: queue.pool, holder: "a", lease: .seconds(600))
            var keeper = withMetricsFactory(registry) {
                IndexKeeper(
                    map: queue.map, redis: queue.redis, waiting: queue.waiting, lanes: LaneSettingsTable(pool: queue.pool),
                    queues: QueueSettingsTable(pool: queue.pool), workers: WorkerTable(pool: queue.pool), leadership: leadership, logger: queue.logger)
            }
            let term = try #require(try await leadership.claim())
            try await keeper.beat(term: term)
            #expect(Self.value("voicera_index_rebuilds_total", in: registry) == 1)
            #expect(Self.value("voicera_index_rebuild_seconds_count", in: registry) == 1)
            try await keeper.beat(term: term)
            #expect(Self.value("voicera_index_rebuilds_total", in: registry) == 1)
        }
    }
}

/// What was logged, line by line.
final class Captured: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var fields: [String: String]
    }

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock(\.self) }
    var handler: any LogHandler { Handler(captured: self) }

    private struct Handler: LogHandler {
        let captured: Captured
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let merged = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = Line(level: event.level, message: "\(event.message)", fields: merged.mapValues { "\($0)" })
            captured.lines.withLock { $0.append(line) }
        }
    }
}
