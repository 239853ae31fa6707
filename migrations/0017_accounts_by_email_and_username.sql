-- Finds, among the accounts whose addresses begin alike, the first by username, without a look at the accounts themselves.
create index accounts_by_email_and_username on accounts (email_canonical, username_canonical, id);
