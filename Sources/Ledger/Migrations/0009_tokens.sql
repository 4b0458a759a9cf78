-- OAuth clients, grants, codes, tokens and the keys that sign them.
-- Whatever a holder presents (client secrets, codes, refresh tokens) rests as its SHA-256: each has 256 random bits, so that a hash is enough.

-- Of the whole installation: every API process signs with the same ones.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    -- The point, uncompressed (X9.63): who cannot open the private part can still verify.
    public_key bytea NOT NULL,
    private_sealed bytea NOT NULL,
    private_key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- It is published before it signs, so that nobody meets a token whose key they have not seen.
    signs_from timestamptz NOT NULL,
    -- Set with its successor: when the last token that it signed is over.
    leaves_at timestamptz
);

CREATE TABLE oauth_clients (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    -- What the client calls itself in requests: its id, unless the settings named it.
    client_id text NOT NULL UNIQUE,
    name text NOT NULL,
    auth_method text NOT NULL CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'none')),
    grant_types text[] NOT NULL,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    secret_hash bytea,
    -- The secret before it, while both are good.
    old_secret_hash bytea,
    old_secret_until timestamptz,
    -- Of the token with which a client that registered itself looks after its registration.
    registration_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    CONSTRAINT oauth_clients_by_workspace UNIQUE (workspace_id, id),
    CONSTRAINT oauth_clients_secret CHECK ((auth_method = 'none') = (secret_hash IS NULL))
);

-- What a user let a client do, or what a client does for itself: the family of all tokens that came of it.
CREATE TABLE oauth_grants (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    client_id uuid NOT NULL,
    user_id uuid,
    scopes text[] NOT NULL,
    -- Thumbprint of the key that a public client has to prove with each refresh.
    proof_key text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Whatever happens, nothing of it is good after this.
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text,
    CONSTRAINT oauth_grants_by_workspace UNIQUE (workspace_id, id),
    CONSTRAINT oauth_grants_client FOREIGN KEY (workspace_id, client_id) REFERENCES oauth_clients (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT oauth_grants_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_grants_by_client ON oauth_grants (client_id, id);
CREATE INDEX oauth_grants_by_user ON oauth_grants (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX oauth_grants_by_end ON oauth_grants (least(expires_at, revoked_at));

CREATE TABLE oauth_codes (
    hash bytea PRIMARY KEY,
    workspace_id uuid NOT NULL,
    client_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- Null when the request left it out.
    redirect_uri text,
    challenge text NOT NULL,
    scopes text[] NOT NULL,
    proof_key text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- What came of it, and ends when the code is presented again.
    grant_id uuid,
    CONSTRAINT oauth_codes_client FOREIGN KEY (workspace_id, client_id) REFERENCES oauth_clients (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT oauth_codes_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_codes_by_client ON oauth_codes (client_id);
CREATE INDEX oauth_codes_by_user ON oauth_codes (user_id);
CREATE INDEX oauth_codes_by_end ON oauth_codes (expires_at);

CREATE TABLE oauth_refresh_tokens (
    hash bytea PRIMARY KEY,
    workspace_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- Set by its first use.
    rotated_at timestamptz,
    -- Uses after the first that were answered again.
    repeats int NOT NULL DEFAULT 0,
    -- The token that came after it, sealed under this one's own text: for a client that lost the answer, and for nobody else.
    successor_sealed bytea,
    CONSTRAINT oauth_refresh_tokens_grant FOREIGN KEY (workspace_id, grant_id) REFERENCES oauth_grants (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_refresh_tokens_by_grant ON oauth_refresh_tokens (grant_id);
CREATE INDEX oauth_refresh_tokens_by_end ON oauth_refresh_tokens (expires_at);
