-- Finds the few accounts that are disabled, or the few that are not.
create index accounts_by_standing on accounts (is_active, id);
