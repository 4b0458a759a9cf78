-- Jobs that wait for others, keys that stay taken for a time, what a running job says of itself, and the books of what was removed.

ALTER TABLE jobs
    -- The own time of a job that waits for others; its run_at is 'infinity' meanwhile.
    ADD COLUMN due_at timestamptz;

-- Who waits for whom. A row stays until its follower is removed, or a predecessor that is not dead.
CREATE TABLE job_follows (
    predecessor_id uuid NOT NULL,
    follower_id uuid NOT NULL,
    PRIMARY KEY (predecessor_id, follower_id)
);
CREATE INDEX job_follows_by_follower ON job_follows (follower_id);

-- Unique keys that stay taken for a time, whatever becomes of the job. A key of a pending job needs no row: jobs_unique has it.
CREATE TABLE unique_keys (
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    unique_key text NOT NULL,
    job_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, kind, unique_key)
);
CREATE INDEX unique_keys_by_expiry ON unique_keys (expires_at);

-- The last that a running job said of itself. Lost with a crash, and nobody is worse off.
CREATE UNLOGGED TABLE job_progress (
    job_id uuid PRIMARY KEY,
    attempt int NOT NULL,
    percent double precision,
    text text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE INDEX job_progress_by_age ON job_progress (at);

-- What retention has removed, so that the books go on balancing.
ALTER TABLE ledger_counters
    ADD COLUMN pruned_succeeded bigint NOT NULL DEFAULT 0,
    ADD COLUMN pruned_dead bigint NOT NULL DEFAULT 0,
    ADD COLUMN pruned_cancelled bigint NOT NULL DEFAULT 0,
    ADD COLUMN pruned_attempts bigint NOT NULL DEFAULT 0;

-- From when on the log is whole: what is older was dropped.
CREATE TABLE log_horizon (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    kept_from timestamptz NOT NULL
);
INSERT INTO log_horizon (kept_from) VALUES ('-infinity');
