-- How an endpoint has been answering. Written in batches beside the deliveries: an estimate to act on, no part of the books.
CREATE TABLE endpoint_health (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    -- Since when there was no success; null while there is.
    failing_since timestamptz,
    failures_since_success int NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
