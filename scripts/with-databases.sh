#!/usr/bin/env bash
# with-databases.sh COMMAND…: a private PostgreSQL and a private MariaDB for as long as COMMAND runs, which finds them in TEST_POSTGRES
# and TEST_MARIADB (URLs of a user who may make databases) and the authority of their certificates in TEST_DATABASE_CA.
# ONLY=postgres or ONLY=mariadb starts one of them. They forget what a power cut would cost: speed matters here, and
# nothing is kept.
. "$(dirname "$0")/env.sh"
. scripts/database-servers.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-databases.XXXXXX")
chmod 755 "$folder"
command=
clean_up() {
  trap - EXIT INT TERM
  if [ -n "$command" ]; then kill "$command" 2>/dev/null || true; fi
  stop_server "$folder/postgres"
  stop_server "$folder/mariadb"
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'clean_up; exit 130' INT TERM

begin=$SECONDS
make_certificate "$folder/tls"
export TEST_DATABASE_CA="$folder/tls/ca.pem"
if [ "${ONLY:-postgres}" = postgres ]; then
  [ -n "$(postgres_bin)" ] || fail "PostgreSQL is missing." "scripts/setup.sh test"
  port=$(free_port)
  start_postgres "$folder/postgres" "$port" -c fsync=off -c full_page_writes=off -c synchronous_commit=off
  export TEST_POSTGRES="postgres://latchkey:$database_password@127.0.0.1:$port/postgres"
fi
if [ "${ONLY:-mariadb}" = mariadb ]; then
  [ -n "$(mariadb_bin)" ] || fail "MariaDB is missing." "scripts/setup.sh test"
  port=$(free_port)
  start_mariadb "$folder/mariadb" "$port" --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=OFF
  export TEST_MARIADB="mysql://latchkey:$database_password@127.0.0.1:$port/mysql"
fi
say "database servers started in $((SECONDS - begin)) s" >&2

"$@" &
command=$!
code=0
wait "$command" || code=$?
command=
exit "$code"
