-- API keys: networks, last use, rotation. Limits of a workspace.
ALTER TABLE api_keys
    -- CIDR texts; empty for everywhere.
    ADD COLUMN networks text[] NOT NULL DEFAULT '{}',
    -- Written at most once a minute.
    ADD COLUMN last_used_at timestamptz;

CREATE INDEX api_keys_of_workspace ON api_keys (workspace_id, id) WHERE revoked_at IS NULL;

-- Secrets that were replaced and go on for a while.
CREATE TABLE api_key_old_secrets (
    prefix text PRIMARY KEY,
    key_id uuid NOT NULL REFERENCES api_keys (id),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    hash bytea NOT NULL,
    until timestamptz NOT NULL
);

CREATE INDEX api_key_old_secrets_of_key ON api_key_old_secrets (key_id, until);

-- What differs from the defaults: no row, no difference.
CREATE TABLE workspace_limits (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    -- A class of routes: read, write, enqueue.
    class text NOT NULL,
    -- Requests a minute and a credential.
    per_minute int NOT NULL CHECK (per_minute > 0),
    -- Within ten seconds.
    burst int NOT NULL CHECK (burst > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, class)
);
