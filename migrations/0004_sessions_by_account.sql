-- Finds the live sessions of an account: to list them, to end them all, and to keep their number bounded.
create index sessions_by_account on sessions (account_id, ended_at, created_at);
