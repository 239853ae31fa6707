#!/usr/bin/env bash
# with-databases.sh COMMAND…: a private PostgreSQL and a private MariaDB for as long as COMMAND runs, which finds them in TEST_POSTGRES
# and TEST_MARIADB (URLs of a user who may make databases) and the authority of their certificates in TEST_DATABASE_CA.
# ONLY=postgres or ONLY=mariadb starts one of them. They forget what a power cut would cost: speed matters here, and
# nothing is kept. COMMAND cannot read from the terminal.
. "$(dirname "$0")/env.sh"
. scripts/database-servers.sh

[ $# -gt 0 ] || fail "with-databases.sh: which command?"
case ${ONLY:=} in '' | postgres | mariadb) ;; *) fail "with-databases.sh: ONLY is '$ONLY', not postgres or mariadb." ;; esac

# Not `folder`: what the trap calls would see the variable of that name of the function that was interrupted.
temporary=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-databases.XXXXXX")
chmod 711 "$temporary" # for the servers' own users
command=
# shellcheck disable=SC2317,SC2329 # the trap calls it
clean_up() {
  local turn
  trap '' INT TERM HUP # a second Ctrl-C would leave half of it
  # The whole group: cargo, say, does not pass a signal on to the tests.
  for turn in {1..100}; do
    if [ -z "$command" ] || ! kill -TERM -- "-$command" 2>/dev/null; then break; fi
    [ "$turn" != 100 ] || kill -KILL -- "-$command" 2>/dev/null || true
    sleep 0.1
  done
  stop_server "$temporary/postgres"
  stop_server "$temporary/mariadb"
  rm -rf "$temporary"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# to_start NAME PROGRAM SERVER: whether that server is wanted and there.
to_start() {
  [ "${ONLY:-$1}" = "$1" ] || return 1
  [ -z "$2" ] || return 0
  if [ "$ONLY" = "$1" ] || [ "${CI:-}" = true ]; then fail "$3 is missing." "scripts/setup.sh test"; fi
  printf '\n*** %s is missing (scripts/setup.sh test installs it): going on without it.\n\n' "$3" >&2
  return 1
}

begin=$SECONDS
unset TEST_POSTGRES TEST_MARIADB
make_certificate "$temporary/tls"
export TEST_DATABASE_CA="$temporary/tls/ca.pem"
if to_start postgres "$(postgres_bin)" PostgreSQL; then
  port=$(free_port)
  start_postgres "$temporary/postgres" "$port" -c fsync=off -c full_page_writes=off -c synchronous_commit=off
  export TEST_POSTGRES="postgres://latchkey:$database_password@127.0.0.1:$port/postgres"
fi
if to_start mariadb "$(mariadb_bin)" MariaDB; then
  port=$(free_port)
  start_mariadb "$temporary/mariadb" "$port" --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=OFF
  export TEST_MARIADB="mysql://latchkey:$database_password@127.0.0.1:$port/mysql"
fi
say "database servers started in $((SECONDS - begin)) s" >&2

# A process group of its own, so that all of it can be ended, and so that what it starts does not ignore SIGINT, as bash has it for
# what runs in the background.
set -m
if [ -t 0 ]; then "$@" </dev/null & else "$@" & fi
command=$!
set +m
code=0
wait "$command" || code=$?
command=
exit "$code"
