-- The id that receivers see is the first delivery's of that event to that endpoint; a delivery that repeats one names it.
ALTER TABLE deliveries
    ADD COLUMN first_id uuid,
    ADD COLUMN is_replay boolean NOT NULL DEFAULT false;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);
-- An endpoint's attempts in the order of time, for its statistics. A lane that delivers is an endpoint, so the lane says whose they are.
CREATE INDEX integration_log_deliveries ON integration_log (lane, at) WHERE kind = 'webhook.deliver' AND type = 'attempt';
