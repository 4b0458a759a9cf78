package import Postgres
package import Primitives
import ServiceLifecycle
import Synchronization

/// What running jobs say of themselves, the latest of each, written once a second for all of them. Whatever is lost here hurts no job.
package final class ProgressWriter: Service {
    package struct Report: Sendable, Equatable {
        package var job: JobID
        package var attempt: Int32
        /// 0 to 100; nil for a sign of life.
        package var percent: Double?
        package var text: String

        /// - Parameter progress: the part that is done, 0 to 1.
        package init(job: JobID, attempt: Int32, progress: Double?, text: String) {
            self.job = job
            self.attempt = attempt
            percent = progress.flatMap { $0.isFinite ? min(max($0, 0), 1) * 100 : nil }
            self.text = Settlement.storable(String(text.prefix(Self.longestText)))
        }

        private static let longestText = 500
    }

    private let pool: PostgresPool
    private let waiting = Mutex<[JobID: Report]>([:])
    private let wakeup = Wakeup()

    private static let pause = Duration.seconds(1)
    /// Jobs with something to say at once; beyond, they are not heard.
    private static let mostWaiting = 10_000
    private static let perStatement = 1000

    package init(pool: PostgresPool) { self.pool = pool }

    /// Returns at once. An attempt that ignores its cancellation may still speak beside the one that followed it: what it says is not kept.
    package func report(_ report: Report) {
        waiting.withLock { waiting in
            if let known = waiting[report.job] {
                if known.attempt <= report.attempt { waiting[report.job] = report }
            } else if waiting.count < Self.mostWaiting {
                waiting[report.job] = report
            }
        }
        wakeup.signal()
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.wakeup.wait()
                await self.write()
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func write() async {
        var reports = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting.values.sorted { $0.job < $1.job }[...]
        }
        while !reports.isEmpty {
            let page = reports.prefix(Self.perStatement)
            reports = reports.dropFirst(page.count)
            // Lost when the ledger is away: the next report says more.
            _ = try? await pool.query(
                """
                INSERT INTO job_progress AS p (job_id, attempt, percent, text)
                SELECT job_id, attempt, CASE WHEN hundredths >= 0 THEN hundredths / 100.0 END, text
                FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::text[]) AS t (job_id, attempt, hundredths, text)
                ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, percent = excluded.percent, text = excluded.text, at = now()
                WHERE p.attempt <= excluded.attempt
                """,
                [
                    .ids(page.map(\.job.value)), .int32s(page.map(\.attempt)), .int64s(page.map { Int64((($0.percent ?? -1) * 100).rounded()) }),
                    .texts(page.map(\.text)),
                ])
        }
    }

    /// Removes what jobs that have ended said, a page at a time.
    package static func prune(on pool: PostgresPool) async throws {
        let perPage: Int64 = 5000
        var removed = perPage
        while removed == perPage {
            let rows = try await pool.query(
                """
                DELETE FROM job_progress WHERE job_id = ANY (ARRAY(
                    SELECT p.job_id FROM job_progress p LEFT JOIN jobs j ON j.id = p.job_id
                    WHERE p.at < now() - interval '1 minute' AND (j.state IS NULL OR j.state <> 'pending') LIMIT $1))
                """, [.int64(perPage)])
            removed = Int64(rows.affected)
        }
    }
}
