-- The last sample of each queue, written by the leading scheduler, read by every process. UNLOGGED: after a crash it is empty for some seconds, which a
-- sample that is taken again and again can bear.
CREATE UNLOGGED TABLE queue_samples (
    queue text PRIMARY KEY,
    -- Jobs that may run now, jobs that wait for their time, and dead letters.
    due bigint NOT NULL,
    scheduled bigint NOT NULL,
    dead bigint NOT NULL,
    -- When the job that has been due for longest became due; null when none is.
    oldest_due_at timestamptz,
    sampled_at timestamptz NOT NULL
);
