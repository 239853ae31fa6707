-- The keys that sign access tokens. The private part is sealed with a key derived from SECRET_KEY (AES-256-GCM), bound to
-- `algorithm` and `kid`; binary values are base64url.
create table signing_keys (
    kid varchar(32) not null primary key,
    algorithm varchar(16) not null,
    public_key varchar(1024) not null,
    sealed_private_key varchar(4096) not null,
    created_at bigint not null
);
