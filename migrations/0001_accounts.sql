-- Accounts. `id` is random and below 2^53. Who has an e-mail address or a username is decided by the canonical columns,
-- which the program computes: the database compares bytes. Times are microseconds since 1970 in UTC, flags 0 or 1.
-- One statement a file, because MySQL cannot undo half a migration.
create table accounts (
    id bigint not null primary key,
    email varchar(254) not null,
    email_canonical varchar(254) not null,
    username varchar(64) not null,
    username_canonical varchar(255) not null,
    first_name varchar(100),
    last_name varchar(100),
    password_hash varchar(255) not null,
    is_active smallint not null default 1,
    email_verified smallint not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    last_login bigint,
    constraint accounts_email_key unique (email_canonical),
    constraint accounts_username_key unique (username_canonical)
);
