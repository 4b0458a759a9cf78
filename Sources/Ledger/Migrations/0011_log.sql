-- API requests in the integration log, and what a workspace wants of it. A request without a known caller has the workspace of zeros, which nobody is in.
ALTER TABLE integration_log
    ADD COLUMN method text,
    -- The template that matched.
    ADD COLUMN route text,
    ADD COLUMN path text,
    ADD COLUMN principal text,
    ADD COLUMN address inet,
    ADD COLUMN request_id text,
    ADD COLUMN trace_id uuid,
    -- Redacted before they come here, and only for workspaces that want them.
    ADD COLUMN request_body text,
    ADD COLUMN response_body text;

-- Lists walk one of these two, or both merged, in the order of time; a line is in one of them. With one index for both, the few lines about jobs could
-- only be found by walking past all requests.
DROP INDEX integration_log_by_workspace;
CREATE INDEX integration_log_requests ON integration_log (workspace_id, at, id) WHERE type = 'request';
CREATE INDEX integration_log_work ON integration_log (workspace_id, at, id) WHERE type <> 'request';
-- What went well, nearly everything, costs nothing here.
CREATE INDEX integration_log_failures ON integration_log (workspace_id, at, id) WHERE error_class IS NOT NULL OR status >= 400;
-- The workspace first: ids are the clients' choice, and one that repeats another's must not slow them down. Traces have none: they are random, and an
-- index of them cost a row more than all the others together.
CREATE INDEX integration_log_by_request ON integration_log (workspace_id, request_id, at) WHERE request_id IS NOT NULL;

CREATE TABLE log_policies (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
    bodies text NOT NULL CHECK (bodies IN ('off', 'errors', 'all')),
    redact text[] NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- Every API process asks once a second what has changed.
CREATE INDEX log_policies_by_change ON log_policies (updated_at);
