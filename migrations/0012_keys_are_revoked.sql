-- From this moment on no token of a key is believed, however young: for a key that somebody else may have.
alter table signing_keys add column revoked_at bigint;
