-- The id that receivers see is the first delivery's of that event to that endpoint; a delivery that repeats one names it.
ALTER TABLE deliveries
    ADD COLUMN first_id uuid,
    ADD COLUMN is_replay boolean NOT NULL DEFAULT false;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);
