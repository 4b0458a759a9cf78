-- Deliveries made anew, worked off by the leader in steps of one transaction each; bodies that go by the day; the erasure of a person.
CREATE TABLE replays (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    -- Dead deliveries, events that never became a delivery, or all that ended.
    choice text NOT NULL CHECK (choice IN ('failed', 'missing', 'all')),
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
    author text NOT NULL,
    -- Of the failed, when they died; else when they were made. What is not there when the replay begins is none of it.
    since timestamptz,
    until timestamptz NOT NULL,
    -- What is NULL lets everything pass.
    event_types text[],
    job_state text,
    -- Where to, when not to the endpoint.
    url text,
    -- Deliveries a second; NULL for no bound.
    rate int CHECK (rate > 0),
    -- Counted when it began.
    total bigint NOT NULL,
    -- Up to and with the cursor: made or revived, and left out because the body is not kept any more.
    done bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    cursor uuid,
    error text,
    next_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX replays_running ON replays (next_at) WHERE state = 'running';
CREATE INDEX replays_by_workspace ON replays (workspace_id, id);

-- Since when a job that had ended waits anew: how old it is, for whoever has patience with it.
ALTER TABLE jobs ADD COLUMN revived_at timestamptz;

ALTER TABLE deliveries ADD COLUMN replay_id uuid;
-- The law: whoever works a replay off, and however often, an event is in it once.
CREATE UNIQUE INDEX deliveries_by_replay ON deliveries (replay_id, event_id) WHERE replay_id IS NOT NULL;

-- Bodies of events by the day of their publication, so that the old ones go with their table. An event from before this has its body in its own row.
CREATE TABLE event_bodies (
    event_id uuid NOT NULL,
    -- The event's created_at: with it a body is looked for in one partition.
    at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid NOT NULL,
    body text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX event_bodies_by_event ON event_bodies (event_id);
-- Erasures walk a workspace's in pages.
CREATE INDEX event_bodies_by_workspace ON event_bodies (workspace_id, event_id);
CREATE INDEX job_payload_versions_by_workspace ON job_payload_versions (workspace_id, job_id, version);
CREATE TABLE event_bodies_default PARTITION OF event_bodies DEFAULT;
ALTER TABLE events ALTER COLUMN body DROP NOT NULL;

-- Days of the log whose lines have no bodies any more.
CREATE TABLE log_days_without_bodies (
    day text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'cancelled', 'done', 'failed')),
    author text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('userId', 'email')),
    -- Only while it runs: afterwards nobody reads here who was erased.
    subject text CHECK ((state = 'running') = (subject IS NOT NULL)),
    dry_run boolean NOT NULL,
    -- JSON text: rows by place.
    counts text NOT NULL DEFAULT '{}',
    jobs_cancelled bigint NOT NULL DEFAULT 0,
    -- How far it is: which round, which place, and the last row of it that was looked at.
    round int NOT NULL DEFAULT 1,
    place int NOT NULL DEFAULT 0,
    cursor text[],
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX erasures_running ON erasures (id) WHERE state = 'running';
CREATE INDEX erasures_by_workspace ON erasures (workspace_id, id);
