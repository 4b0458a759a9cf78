-- What a receiver may ask of its endpoint.
ALTER TABLE endpoints
    -- JSON text as it was given: a condition over type, data and metadata of an event.
    ADD COLUMN filter text,
    -- Custom headers, sealed as one JSON text: some of them are secrets.
    ADD COLUMN headers_sealed bytea,
    ADD COLUMN headers_key_id text,
    ADD COLUMN metadata text NOT NULL DEFAULT '{}',
    ADD COLUMN timeout_ms int,
    -- Seconds between attempts; null for the standard's schedule.
    ADD COLUMN retry_schedule int[],
    -- 'none', 'fifo' (a strict lane) or 'key' (one after another for equal values at order_key, a JSON pointer into data).
    ADD COLUMN delivery_order text NOT NULL DEFAULT 'none' CHECK (delivery_order IN ('none', 'fifo', 'key')),
    ADD COLUMN order_key text,
    ADD COLUMN api_version text,
    ADD COLUMN signature text NOT NULL DEFAULT 'v1' CHECK (signature IN ('v1', 'v1a')),
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN disabled_reason text,
    ADD COLUMN version int NOT NULL DEFAULT 1;

-- The live secrets of an endpoint: all of them sign. The newest has no end.
CREATE TABLE endpoint_secrets (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('v1', 'v1a')),
    secret_sealed bytea NOT NULL,
    secret_key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);
CREATE INDEX endpoint_secrets_by_endpoint ON endpoint_secrets (endpoint_id, created_at);

-- What filters may ask for beside type and data; not part of what is sent.
ALTER TABLE events
    ADD COLUMN metadata text,
    -- Who it is for besides its type: one endpoint alone, not the one that it is about, not those that take all.
    ADD COLUMN only_endpoint uuid,
    ADD COLUMN about_endpoint uuid,
    ADD COLUMN asked_for boolean NOT NULL DEFAULT false;

-- The secret of an endpoint from before is its only live one.
INSERT INTO endpoint_secrets (id, workspace_id, endpoint_id, kind, secret_sealed, secret_key_id, created_at)
SELECT gen_random_uuid(), workspace_id, id, 'v1', secret_sealed, secret_key_id, created_at FROM endpoints;
ALTER TABLE endpoints
    DROP COLUMN secret_sealed,
    DROP COLUMN secret_key_id,
    -- Active only after the receiver has echoed a challenge.
    ADD COLUMN challenged boolean NOT NULL DEFAULT false;
