-- What a job may carry beside its work, and what lanes and queues may be told.

ALTER TABLE jobs
    -- Jobs of one lane with the same key run one after another.
    ADD COLUMN lane_key text,
    -- Longest time of one attempt in microseconds; NULL: as its kind says.
    ADD COLUMN deadline_us bigint,
    -- A job that has not started by then is cancelled.
    ADD COLUMN not_after timestamptz,
    -- The shape of the payload, as the kind counted them when the job was accepted.
    ADD COLUMN payload_version smallint NOT NULL DEFAULT 1,
    -- JSON text that the succeeding attempt left.
    ADD COLUMN result text,
    -- Jobs that have to succeed first. While there are any the job is delayed, without a time: run_at is 'infinity'.
    ADD COLUMN blocked_by int NOT NULL DEFAULT 0,
    ADD COLUMN has_followers boolean NOT NULL DEFAULT false,
    -- Set while the job is pending: somebody wants it cancelled, and a worker may still be running it.
    ADD COLUMN cancel_reason text,
    ADD COLUMN cancelled_by text,
    -- Of a dead job: kind, error class and normalised message, for grouping.
    ADD COLUMN fingerprint text;

-- First attempts and retries of a lane are read apart, so that neither can crowd the other out of a window.
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (queue, lane, priority, id) WHERE state = 'pending' AND NOT delayed AND failures = 0;
CREATE INDEX jobs_retrying ON jobs (queue, lane, priority, id) WHERE state = 'pending' AND NOT delayed AND failures > 0;
CREATE INDEX jobs_keyed ON jobs (queue, lane, lane_key, priority, id) WHERE state = 'pending' AND NOT delayed AND lane_key IS NOT NULL;
CREATE INDEX jobs_cancelling ON jobs (id) WHERE state = 'pending' AND cancel_reason IS NOT NULL;
CREATE INDEX jobs_expiring ON jobs (not_after) WHERE state = 'pending' AND not_after IS NOT NULL;

-- A limit that is NULL is the queue's default.
ALTER TABLE lanes
    ALTER COLUMN interval_us DROP NOT NULL, ALTER COLUMN interval_us DROP DEFAULT,
    ALTER COLUMN burst DROP NOT NULL, ALTER COLUMN burst DROP DEFAULT,
    ALTER COLUMN concurrency DROP NOT NULL, ALTER COLUMN concurrency DROP DEFAULT,
    -- The oldest job holds the lane until it has ended, its retries included.
    ADD COLUMN strict boolean,
    ADD COLUMN parked_by text,
    ADD COLUMN workspace_id uuid;
CREATE INDEX lanes_by_workspace ON lanes (workspace_id, queue, lane);
-- The leader gives the index what changed lately, in case that whoever changed it could not.
CREATE INDEX lanes_by_change ON lanes (updated_at);

CREATE TABLE queues (
    queue text PRIMARY KEY,
    -- Among queues of one priority a process shares its attempts by weight; a higher priority goes first.
    weight int NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    priority int NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    -- Attempts at once, 0 for no limit: in the whole fleet, in one process.
    concurrency int NOT NULL DEFAULT 0,
    process_concurrency int NOT NULL DEFAULT 0,
    paused_until timestamptz,
    paused_reason text,
    paused_by text,
    -- Takes no new jobs; what it has runs to its end.
    draining boolean NOT NULL DEFAULT false,
    -- Defaults of its lanes.
    lane_interval_us bigint NOT NULL DEFAULT 0,
    lane_burst int NOT NULL DEFAULT 1,
    lane_concurrency int NOT NULL DEFAULT 0,
    lane_strict boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Worker processes that were here lately. A rebuild of the index waits for each of them to say what it holds.
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid int NOT NULL,
    release text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    -- JSON text: by queue, slots and running attempts.
    queues text NOT NULL
);
