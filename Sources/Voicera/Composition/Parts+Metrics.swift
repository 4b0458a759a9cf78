import Ledger
import Postgres
import Primitives
import Queue
import Redis
import Scheduler
import ServiceLifecycle
import Telemetry
import Worker

/// What the parts are asked at each scrape. Nothing here waits: it reads what they hold.
extension Parts {
    func observeStores() {
        metrics.read { [pool, redis] reading in
            let census = pool.census
            for (state, count) in [("idle", census.idle), ("lent", census.lent), ("opening", census.opening)] {
                reading.gauge("voicera_postgres_connections", Double(count), [("state", state)])
            }
            reading.gauge("voicera_postgres_pool_waiting", Double(census.waiting))
            reading.counter("voicera_redis_reconnects_total", Double(redis.reconnections))
        }
    }

    func observeIntake(_ jobs: JobWriter, _ events: EventWriter, _ pusher: IndexPusher) {
        metrics.read { [map] reading in
            reading.gauge("voicera_ledger_waiting_rows", Double(jobs.backlog), [("writer", "jobs")])
            reading.gauge("voicera_ledger_waiting_rows", Double(events.backlog), [("writer", "events")])
            for queue in map.queues {
                let backlog = pusher.backlog(of: queue)
                reading.gauge("voicera_push_waiting", Double(backlog.waiting), [("queue", queue)])
                reading.gauge("voicera_push_damaged_lanes", Double(backlog.damaged), [("queue", queue)])
            }
        }
    }

    func observe(_ log: LogWriter) {
        metrics.read { reading in
            reading.gauge("voicera_ledger_waiting_rows", Double(log.backlog), [("writer", "log")])
            reading.counter("voicera_log_dropped_total", Double(log.dropped))
        }
    }

    func observe(_ worker: WorkerProcess) {
        metrics.read { reading in
            reading.gauge("voicera_ledger_waiting_rows", Double(worker.settlementBacklog), [("writer", "settlements")])
            for (queue, occupancy) in worker.occupancy {
                reading.gauge("voicera_attempts_running", Double(occupancy.running), [("queue", queue)])
                reading.gauge("voicera_worker_slots", Double(occupancy.slots), [("queue", queue)])
            }
        }
    }

    func observe(_ scheduler: SchedulerProcess, _ watch: FleetWatch) {
        metrics.read { reading in
            reading.gauge("voicera_is_leader", scheduler.isLeading ? 1 : 0)
            guard let fleet = watch.reading else { return }
            reading.gauge("voicera_workers", Double(fleet.workers))
            // A family without a series is no family: an alert could not tell it from a scheduler that says nothing.
            if fleet.lags.isEmpty { reading.gauge("voicera_webhook_past_due_seconds", 0, [("workspace", "none")]) }
            for lag in fleet.lags {
                reading.gauge("voicera_webhook_past_due_seconds", Double(lag.age) / 1e6, [("workspace", lag.workspace.description)])
            }
            let endpoints = fleet.endpoints
            for (state, count) in [
                ("circuit_open", endpoints.open), ("disabled", endpoints.disabled), ("paused", endpoints.paused), ("failing", endpoints.failing),
            ] { reading.gauge("voicera_webhook_endpoints", Double(count), [("state", state)]) }
            for sample in fleet.samples {
                for (state, count) in [("due", sample.due), ("scheduled", sample.scheduled), ("dead", sample.dead)] {
                    reading.gauge("voicera_queue_depth", Double(count), [("queue", sample.queue), ("state", state)])
                }
                reading.gauge("voicera_queue_oldest_due_age_seconds", Double(sample.lag) / 1e6, [("queue", sample.queue)])
                reading.gauge("voicera_queue_sample_age_seconds", Double(sample.age) / 1e6, [("queue", sample.queue)])
            }
        }
    }

    /// The address for scrapes, when there is one.
    var scrapes: [any Service] {
        guard let metricsListen else { return [] }
        return [
            ScrapeServer(registry: metrics, host: metricsListen.host, port: metricsListen.port, logger: logger) { port in
                printNow("metrics on http://\(metricsListen.host):\(port)/metrics")
            }
        ]
    }
}
