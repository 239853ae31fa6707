-- Finds the rows that are worth nothing any more, a few at a time.
create index attempts_by_end on attempts (expires_at);
