-- Finds who has a role: the few administrators among a million others, to list them and to lock their rows.
create index account_roles_by_role on account_roles (role, account_id);
