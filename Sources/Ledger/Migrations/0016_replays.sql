-- Deliveries made anew, worked off by the leader in steps of one transaction each.
CREATE TABLE replays (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX replays_by_workspace ON replays (workspace_id, id);
