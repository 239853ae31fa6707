-- How often somebody has guessed wrong in a row, and until when no further guess is looked at. A subject is what is counted:
-- `account:` and a number; `name:` and a MAC of what was typed where there is no such account (what is typed as a username may
-- be a password, and a list of those that exist would tell who has an account); `device:` and an account's number and
-- a browser that has signed in to it before; `source:` and an address, and `registrations:` and one. A subject without a row
-- has not failed. All times are microseconds since 1970 (UTC); 0 is never.
--
-- `since` is when the counting began, `locked_until` when the next guess is looked at, and past `expires_at` the row
-- is worth nothing and may be removed by anybody.
create table attempts (
    subject varchar(80) not null primary key,
    failures bigint not null,
    since bigint not null,
    locked_until bigint not null,
    expires_at bigint not null
);
