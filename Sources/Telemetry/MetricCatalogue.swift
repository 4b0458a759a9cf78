/// Every metric there is, with its help and, for a histogram, its buckets. The rooms that observe name theirs again where they make the handle; a test
/// finds the names that are not here, and those that the README does not explain.
package enum MetricCatalogue {
    private typealias Metric = MetricDescription

    package static let all: [MetricDescription] = accepting + running + index + stores + outside + process

    private static let accepting = [
        Metric("voicera_jobs_enqueued_total", .counter, "Jobs that were accepted by this process and committed, repeated unique keys left out."),
        Metric("voicera_push_waiting", .gauge, "Committed jobs that wait to be told to the index."),
        Metric("voicera_push_damaged_lanes", .gauge, "Lanes whose pushes failed and which wait to be marked for refill."),
        Metric("voicera_rate_limited_total", .counter, "Requests that were refused because there were too many, by class of routes."),
        Metric("voicera_rate_limit_unavailable_total", .counter, "Requests that were let through because Redis could not count them."),
        Metric("voicera_http_requests_total", .counter, "API requests by route and status."),
        Metric("voicera_http_request_duration_seconds", .histogram, "Time from a request's head to its answer.", buckets: Metric.seconds),
    ]

    private static let running = [
        Metric("voicera_jobs_claimed_total", .counter, "Jobs claimed from the index: first-hand, second-hand, or reclaimed from a worker that lost its lease."),
        Metric("voicera_attempts_total", .counter, "Attempts whose settlement the ledger has accepted, by what followed."),
        Metric("voicera_attempt_duration_seconds", .histogram, "Time that an attempt took in its kind's own code.", buckets: Metric.seconds),
        Metric("voicera_job_wait_seconds", .histogram, "Time from when a job was due to the start of its attempt.", buckets: Metric.waits),
        Metric("voicera_settlements_refused_total", .counter, "Settlements that came late: the job had moved on."),
        Metric("voicera_leases_lost_total", .counter, "Times that the index did not know this worker's lease any more."),
        Metric("voicera_jobs_lost_to_other_workers_total", .counter, "Jobs that this worker held and another one has by now."),
        Metric("voicera_attempts_running", .gauge, "Attempts that are running."),
        Metric("voicera_worker_slots", .gauge, "Attempts that may run at once."),
    ]

    private static let index = [
        Metric("voicera_index_steps_total", .counter, "Steps of this worker, by the index's answer."),
        Metric("voicera_step_duration_seconds", .histogram, "Round trip of a step.", buckets: Metric.seconds),
        Metric("voicera_index_rebuilds_total", .counter, "Shards of the index that this process has rebuilt from the ledger."),
        Metric("voicera_index_rebuild_seconds", .histogram, "Time from the loss noticed to the index open again.", buckets: Metric.waits),
        Metric("voicera_is_leader", .gauge, "1 while this scheduler leads."),
        Metric("voicera_workers", .gauge, "Workers that have reported lately, as a scheduler sees them."),
        Metric("voicera_queue_depth", .gauge, "Jobs in the ledger by queue: due, scheduled for later, dead."),
        Metric("voicera_queue_oldest_due_age_seconds", .gauge, "Age of the oldest due job of a queue when it was sampled; 0 when none is due."),
        Metric("voicera_webhook_past_due_seconds", .gauge, "How long the oldest unsent delivery of a workspace has been due where its lane may run; the 20 latest."),
        Metric("voicera_webhook_endpoints", .gauge, "Webhooks by what is the matter with them: circuit_open, failing, disabled, paused."),
        Metric("voicera_queue_sample_age_seconds", .gauge, "Time since the leader last sampled the queues."),
    ]

    private static let stores = [
        Metric("voicera_ledger_batch_rows", .histogram, "Rows of a commit.", buckets: Metric.counts),
        Metric("voicera_ledger_commit_seconds", .histogram, "Time of a commit, a settlement's wait for an absent ledger included.", buckets: Metric.seconds),
        Metric("voicera_ledger_waiting_rows", .gauge, "Rows that wait for a commit."),
        Metric("voicera_ledger_refusals_total", .counter, "Requests that a writer refused, or whose commit failed."),
        Metric("voicera_log_dropped_total", .counter, "Requests that the integration log has no line of: more waited than may, or the ledger was away at the end."),
        Metric("voicera_postgres_pool_wait_seconds", .histogram, "Time until a caller had its connection, or was refused one.", buckets: Metric.seconds),
        Metric("voicera_postgres_pool_waiting", .gauge, "Callers that wait for a connection."),
        Metric("voicera_postgres_connections", .gauge, "Connections by state: idle, lent, opening."),
        Metric("voicera_redis_reconnects_total", .counter, "Connections to Redis that were made in the place of one that was lost."),
    ]

    private static let outside = [
        Metric("voicera_delivery_requests_total", .counter, "Requests to receivers, by the class of their status or by what went wrong."),
        Metric("voicera_delivery_phase_seconds", .histogram, "Time in each phase of a request to a receiver.", buckets: Metric.seconds),
    ]

    private static let process = [
        Metric(PrometheusRegistry.droppedName, .counter, "Series that were not made, because there were too many or of another kind."),
        Metric("voicera_build_info", .gauge, "1, with the version as a label."),
        Metric("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds."),
        Metric("process_resident_memory_bytes", .gauge, "Resident memory size in bytes."),
        Metric("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes."),
        Metric("process_open_fds", .gauge, "Number of open file descriptors."),
        Metric("process_max_fds", .gauge, "Maximum number of open file descriptors."),
        Metric("process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds."),
    ]
}
