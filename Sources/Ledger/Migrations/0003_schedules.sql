-- Schedules: what is to be done again and again, and what became of each time.

CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    priority smallint NOT NULL,
    payload text NOT NULL,
    max_attempts int NOT NULL,
    catch_up text NOT NULL CHECK (catch_up IN ('none', 'latest', 'all')),
    catch_up_limit int NOT NULL,
    overlap text NOT NULL CHECK (overlap IN ('allow', 'skip', 'queue_one')),
    paused boolean NOT NULL DEFAULT false,
    paused_at timestamptz,
    paused_by text,
    paused_reason text,
    -- The planned time that has not been dealt with; null when none comes any more. While paused it stays where the pause found it.
    next_at timestamptz,
    -- The latest planned time that made a job.
    last_at timestamptz,
    -- With queue_one: the planned time that waits for the jobs before it.
    held_at timestamptz,
    -- Its latest jobs, as far as they were pending when last looked at.
    open_jobs uuid[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, name)
) WITH (fillfactor = 70);
CREATE INDEX schedules_by_workspace ON schedules (workspace_id, id);
CREATE INDEX schedules_due ON schedules (next_at) WHERE NOT paused AND next_at IS NOT NULL;
CREATE INDEX schedules_held ON schedules (id) WHERE NOT paused AND held_at IS NOT NULL;

-- One row an occurrence. The key is the law: whoever fires an occurrence, and however often, it is there once. A manual one is never in the way of a
-- planned one. No foreign keys: rows of a deleted schedule stay until they are old.
CREATE TABLE schedule_occurrences (
    schedule_id uuid NOT NULL,
    at timestamptz NOT NULL,
    manual boolean NOT NULL DEFAULT false,
    outcome text NOT NULL CHECK (outcome IN ('fired', 'waiting', 'overlap', 'missed', 'paused')),
    -- Of the missed and the paused: the row stands for all planned times up to this one.
    until timestamptz,
    job_id uuid,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schedule_id, at, manual)
);
CREATE INDEX schedule_occurrences_by_job ON schedule_occurrences (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX schedule_occurrences_by_age ON schedule_occurrences (at);

-- What an action was about, when it was not jobs: sch_….
ALTER TABLE operator_actions ADD COLUMN subject text;
