-- A signing key is published before it signs, so that whoever keeps a copy of the keys has it in time; 0 is at once.
alter table signing_keys add column signs_from bigint not null default 0;
