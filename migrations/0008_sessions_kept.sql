-- Whether a browser keeps its session when it is closed ("keep me signed in"): then it may also be idle for longer.
alter table sessions add column is_kept smallint not null default 0;
