-- How users sign in, what they let programs do, and requests for it that clients pushed.

CREATE TABLE passwords (
    user_id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    -- scrypt with its parameters, so that they may grow.
    hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT passwords_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    -- SHA-256 of the cookie, which has 256 random bits.
    hash bytea PRIMARY KEY,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (workspace_id, user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- What a user let a client do and is not asked again.
CREATE TABLE consents (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    client_id uuid NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, user_id, client_id),
    CONSTRAINT consents_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT consents_client FOREIGN KEY (workspace_id, client_id) REFERENCES oauth_clients (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX consents_by_client ON consents (workspace_id, client_id);

-- Authorization requests that came by the back door (RFC 9126). The reference is good for one browser and one answer.
CREATE TABLE pushed_requests (
    -- SHA-256 of the random part of the reference.
    hash bytea PRIMARY KEY,
    workspace_id uuid NOT NULL,
    client_id uuid NOT NULL,
    -- The parameters, as a form.
    parameters text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Until when a browser has to come with it, then until when it has to be answered.
    expires_at timestamptz NOT NULL,
    -- SHA-256 of the cookie of the browser that came with it first.
    opened_by bytea,
    opened_at timestamptz,
    CONSTRAINT pushed_requests_client FOREIGN KEY (workspace_id, client_id) REFERENCES oauth_clients (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX pushed_requests_by_client ON pushed_requests (workspace_id, client_id);
CREATE INDEX pushed_requests_by_end ON pushed_requests (expires_at);
