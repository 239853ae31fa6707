-- What an account may do beyond looking after itself; no row means nothing more.
create table account_roles (
    account_id bigint not null,
    role varchar(32) not null,
    constraint account_roles_pkey primary key (account_id, role),
    constraint account_roles_account_fkey foreign key (account_id) references accounts (id) on delete cascade
);
