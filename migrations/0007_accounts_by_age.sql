-- Lists accounts by the time they were made, page by page; `id` decides between those of one moment.
create index accounts_by_age on accounts (created_at, id);
