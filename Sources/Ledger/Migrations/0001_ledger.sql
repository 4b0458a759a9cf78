-- The ledger: what was accepted, what became of it, and who asked.
-- Hot tables (jobs, events, deliveries, integration_log) carry no foreign keys: a key check locks the referenced row on every insert,
-- and the group-commit writers take workspace and endpoint ids from rows they have just read.

CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    prefix text NOT NULL UNIQUE,
    hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE endpoints (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    url text NOT NULL,
    event_types text[] NOT NULL,
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'paused')),
    secret_sealed bytea NOT NULL,
    secret_key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX endpoints_by_workspace ON endpoints (workspace_id, id);

CREATE TABLE events (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    type text NOT NULL,
    event_key text NOT NULL,
    body text NOT NULL,
    deliveries int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- One event a key: a publisher that repeats itself gets the first answer.
CREATE UNIQUE INDEX events_by_key ON events (workspace_id, event_key);
CREATE INDEX events_by_workspace ON events (workspace_id, id);

-- A delivery's id is its job's: the two are one thing seen from two sides.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    event_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deliveries_by_event ON deliveries (event_id);

CREATE TYPE job_state AS ENUM ('pending', 'succeeded', 'dead', 'cancelled');

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    state job_state NOT NULL DEFAULT 'pending',
    -- The number of the attempt that is running or comes next, from 1. It is the fence: every settlement names it.
    attempt int NOT NULL DEFAULT 1,
    -- Attempts that failed since the job was accepted or last replayed; the retry policy counts these.
    failures int NOT NULL DEFAULT 0,
    -- Attempts whose worker died or lost its lease; three bury the job as poison.
    reclaims int NOT NULL DEFAULT 0,
    max_attempts int NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    -- True while the job waits for its run_at; such rows stay out of the lane's index, so that a refill never walks past them.
    delayed boolean NOT NULL DEFAULT false,
    unique_key text,
    trace text,
    payload text NOT NULL,
    error_class text,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
-- The lane as the refill reads it: its ORDER BY names these columns, so that finished rows cost nothing.
CREATE INDEX jobs_waiting ON jobs (queue, lane, priority, id) WHERE state = 'pending' AND NOT delayed;
CREATE INDEX jobs_delayed ON jobs (run_at, id) WHERE state = 'pending' AND delayed;
CREATE UNIQUE INDEX jobs_unique ON jobs (workspace_id, kind, unique_key) WHERE state = 'pending' AND unique_key IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (workspace_id, id) WHERE state = 'dead';
CREATE INDEX jobs_by_workspace ON jobs (workspace_id, id);

-- Limits and parking as the operator set them; the index takes them from here when it is rebuilt.
CREATE TABLE lanes (
    queue text NOT NULL,
    lane text NOT NULL,
    interval_us bigint NOT NULL DEFAULT 0,
    burst int NOT NULL DEFAULT 1,
    concurrency int NOT NULL DEFAULT 0,
    parked_until timestamptz,
    parked_reason text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, lane)
);

CREATE TABLE integration_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid NOT NULL,
    type text NOT NULL,
    job_id uuid,
    kind text,
    lane text,
    attempt int,
    outcome text NOT NULL,
    status int,
    error_class text,
    message text,
    duration_us bigint,
    details text
) PARTITION BY RANGE (at);
CREATE INDEX integration_log_by_workspace ON integration_log (workspace_id, id);
CREATE INDEX integration_log_by_job ON integration_log (job_id, id) WHERE job_id IS NOT NULL;
-- Catches what comes before its day's partition is made: the log may be late with its housekeeping, never refuse a row.
CREATE TABLE integration_log_default PARTITION OF integration_log DEFAULT;

-- The books' other side (law 2): counted in the transactions that accept and settle, never derived from the rows.
-- A writer picks a slot of its own, so that concurrent commits seldom wait for one another.
CREATE TABLE ledger_counters (
    slot smallint PRIMARY KEY,
    accepted bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    dead bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO ledger_counters (slot) SELECT generate_series(0, 63);

CREATE TABLE operator_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    job_ids uuid[] NOT NULL
);

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    -- What the first request was answered with; secrets are never part of it.
    answer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE leaders (
    name text PRIMARY KEY,
    holder text NOT NULL,
    term bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- An epoch is a life of the index of one queue shard; it only grows, whichever scheduler leads.
CREATE TABLE index_epochs (
    shard text PRIMARY KEY,
    epoch bigint NOT NULL
);
