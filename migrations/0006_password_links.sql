-- Links with which somebody sets a new password: at most one an account, so that a newer one replaces the older. The token
-- itself is not here, only its MAC under a key derived from SECRET_KEY: this table alone opens nothing. A row goes when its
-- link is used, and when the password or the e-mail address changes; past `expires_at` it is worth nothing.
create table password_links (
    account_id bigint not null primary key,
    token_hash varchar(64) not null,
    created_at bigint not null,
    expires_at bigint not null,
    constraint password_links_token_key unique (token_hash),
    constraint password_links_account_fkey foreign key (account_id) references accounts (id) on delete cascade
);
