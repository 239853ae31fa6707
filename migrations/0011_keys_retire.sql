-- From this moment on a key signs no more. Its tokens are believed until the last of them has ended; then the row may go.
alter table signing_keys add column retired_at bigint;
