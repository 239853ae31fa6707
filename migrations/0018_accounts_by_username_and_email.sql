-- Finds, among the accounts whose usernames begin alike, the first by address, without a look at the accounts themselves.
create index accounts_by_username_and_email on accounts (username_canonical, email_canonical, id);
