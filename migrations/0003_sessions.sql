-- Sessions. An access token caches one; a refresh token is a MAC over `id`, `counter` and `seed`, so that this table alone
-- cannot make one. `counter` grows by one at each rotation. A session lives while `ended_at` is null and neither
-- `idle_expires_at` nor `expires_at` has passed.
create table sessions (
    id varchar(32) not null primary key,
    account_id bigint not null,
    kind varchar(16) not null,
    seed varchar(32) not null,
    counter bigint not null,
    created_at bigint not null,
    authenticated_at bigint not null,
    rotated_at bigint not null,
    last_seen_at bigint not null,
    idle_expires_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    end_reason varchar(32),
    address varchar(64),
    user_agent varchar(512),
    constraint sessions_account_fkey foreign key (account_id) references accounts (id) on delete cascade
);
