-- Dead letters by the thousand: groups, operations that the leader works off, edited payloads, and what operators did.

ALTER TABLE operator_actions
    -- JSON text: what the ids do not say, such as a filter, the limit that was set, or an operation's id.
    ADD COLUMN detail text,
    ALTER COLUMN job_ids SET DEFAULT '{}';
CREATE INDEX operator_actions_by_workspace ON operator_actions (workspace_id, id);

CREATE INDEX jobs_dead_by_fingerprint ON jobs (workspace_id, fingerprint, id) WHERE state = 'dead';
-- Buried by a release that made no fingerprints: the leader adds them. Empty otherwise.
CREATE INDEX jobs_dead_unmarked ON jobs (id) WHERE state = 'dead' AND fingerprint IS NULL;

CREATE TABLE dead_letter_operations (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    action text NOT NULL CHECK (action IN ('replay', 'discard')),
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
    author text NOT NULL,
    -- Which ones: named by id, or all that the rest lets pass; what is NULL lets everything pass.
    job_ids uuid[],
    kind text,
    queue text,
    lanes text[],
    error_class text,
    fingerprint text,
    died_after timestamptz,
    died_before timestamptz,
    -- Jobs a second, and jobs in all; NULL for no bound.
    rate int CHECK (rate > 0),
    most bigint CHECK (most > 0),
    -- Counted when the operation began.
    total bigint NOT NULL,
    -- done + skipped are those looked at, up to and with the cursor.
    done bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    cursor uuid,
    -- Of a failed one.
    error text,
    -- When the next job may be moved.
    next_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX dead_letter_operations_running ON dead_letter_operations (next_at) WHERE state = 'running';
CREATE INDEX dead_letter_operations_by_workspace ON dead_letter_operations (workspace_id, id);

-- Every payload that a job has had, from its first edit on. Without a row here, jobs.payload is version 1.
CREATE TABLE job_payload_versions (
    job_id uuid NOT NULL,
    version int NOT NULL,
    workspace_id uuid NOT NULL,
    payload text NOT NULL,
    -- NULL: whoever had the job accepted.
    author text,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, version)
);
