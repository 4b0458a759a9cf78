-- Whose a claim is that has no answer yet: it may have been taken over from somebody who was slow.
ALTER TABLE idempotency_keys ADD COLUMN owner uuid;
