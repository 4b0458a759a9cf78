-- Why lanes are held, each cause by itself, so that the end of one leaves the others. What comes of them, the latest, stands in `lanes`, which is what
-- the index is told.
CREATE TABLE lane_holds (
    queue text NOT NULL,
    lane text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('operator', 'throttle', 'circuit', 'disabled', 'paused', 'reauth')),
    workspace_id uuid NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    held_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, lane, cause)
);
ALTER TABLE lanes ADD COLUMN parked_cause text;
UPDATE lanes SET parked_cause = 'operator' WHERE parked_until > now();
INSERT INTO lane_holds (queue, lane, cause, workspace_id, until, reason, held_by)
SELECT queue, lane, 'operator', workspace_id, parked_until, coalesce(parked_reason, ''), coalesce(parked_by, '') FROM lanes
WHERE parked_until > now() AND workspace_id IS NOT NULL;
-- The lanes of endpoints that are gone are found among the held ones.
CREATE INDEX lanes_held ON lanes (queue, lane) WHERE parked_cause IS NOT NULL;

-- How an endpoint has been answering. Written in batches beside the deliveries: an estimate to act on, no part of the books.
CREATE TABLE endpoint_health (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    successes bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    -- The first failure after the last success; null while the last answer was a success.
    failing_since timestamptz,
    failures_since_success int NOT NULL DEFAULT 0,
    -- The circuit: what is counted in its window is the difference to the totals at its beginning.
    circuit text NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'half_open')),
    circuit_until timestamptz,
    trips int NOT NULL DEFAULT 0,
    window_since timestamptz NOT NULL DEFAULT now(),
    window_successes bigint NOT NULL DEFAULT 0,
    window_failures bigint NOT NULL DEFAULT 0,
    -- What was told of this failing stretch: the highest warning in percent, and the first delivery given up.
    warned smallint NOT NULL DEFAULT 0,
    exhausted_at timestamptz,
    certificate_expires_at timestamptz,
    certificate_told timestamptz,
    -- When the leader has to look at it: at once after a failure, never while all is well.
    review_at timestamptz NOT NULL DEFAULT 'infinity',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX endpoint_health_due ON endpoint_health (review_at) WHERE review_at < 'infinity';

-- The attempt with which a delivery was given up, as the workspace was told: a replayed one may be given up again.
ALTER TABLE jobs ADD COLUMN exhaustion_told int;
UPDATE jobs SET exhaustion_told = attempt WHERE state = 'dead' AND kind = 'webhook.deliver';
CREATE INDEX jobs_exhausted ON jobs (id) WHERE state = 'dead' AND kind = 'webhook.deliver' AND exhaustion_told IS DISTINCT FROM attempt;

-- The longest that a delivery of a workspace has been due and not sent, where its lane may run.
CREATE TABLE webhook_lags (
    workspace_id uuid PRIMARY KEY,
    oldest_due_at timestamptz NOT NULL,
    sampled_at timestamptz NOT NULL
);
