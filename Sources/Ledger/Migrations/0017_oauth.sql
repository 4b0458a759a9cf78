-- Clients that prove who they are by a signature: their public keys (a JWK set, as given). Their secret_hash is of a secret that nobody knows.
ALTER TABLE oauth_clients
    ADD COLUMN jwks text,
    DROP CONSTRAINT oauth_clients_auth_method_check,
    ADD CONSTRAINT oauth_clients_auth_method CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt')),
    ADD CONSTRAINT oauth_clients_keys CHECK (auth_method <> 'private_key_jwt' OR jwks IS NOT NULL);
