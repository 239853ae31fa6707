# shellcheck shell=bash
# Private database servers for tests, to be sourced behind env.sh. Each lives in a folder of its own, listens on 127.0.0.1 alone and
# reads no configuration of the machine's.
#
# start_postgres FOLDER PORT [ARGUMENTS…], start_mariadb FOLDER PORT [ARGUMENTS…]: start one (the first time they make it) and wait
# until it answers; its process number is then in FOLDER/pid. Both know a user `latchkey` who may make databases, with the password
# in $database_password, and speak TLS when FOLDER/../tls has a certificate (make_certificate).
# stop_server FOLDER: ends the one that was started there.

database_password=${database_password:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}

postgres_bin() { # the newest PostgreSQL of Debian's, or the one on the PATH
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5n | tail -n 1)
  if [ -n "$found" ]; then say "$found"; elif has postgres initdb; then dirname "$(command -v postgres)"; fi
}

mariadb_bin() { # Debian keeps it where only root's PATH leads
  PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v mariadbd || true
}

# PostgreSQL refuses to run as root; Debian's package brings a user for it. An array, so that the server is a process of ours.
as_postgres=()
[ "$(id -u)" != 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
as_root_too=()
[ "$(id -u)" != 0 ] || as_root_too=(--user=root)

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# make_certificate FOLDER: a throwaway authority (FOLDER/ca.pem) and with it a certificate for localhost and 127.0.0.1.
make_certificate() {
  mkdir -p "$1"
  (
    cd "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=latchkey tests" -keyout ca-key.pem -out ca.pem
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout key.pem -out request.pem
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >names
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile names -out cert.pem
  ) >/dev/null 2>&1 || fail "openssl could not make a certificate."
}

# wait_for FOLDER COMMAND…: until the command succeeds, at most a minute; the end of the server's log if it does not.
wait_for() {
  local folder=$1 begin=$SECONDS
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - begin)) -gt 60 ] || ! kill -0 "$(cat "$folder/pid")" 2>/dev/null; then
      tail -n 20 "$folder/log" >&2
      fail "The database server in $folder did not start."
    fi
    sleep 0.1
  done
}

start_postgres() {
  local folder=$1 port=$2 bin tls=()
  shift 2
  bin=$(postgres_bin)
  if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    printf '%s' "$database_password" >"$folder/password"
    [ "$(id -u)" != 0 ] || chown -R postgres: "$folder"
    ${as_postgres[@]+"${as_postgres[@]}"} "$bin/initdb" --pgdata "$folder/data" --username latchkey --pwfile "$folder/password" --auth scram-sha-256 \
      --encoding UTF8 --locale C.UTF-8 --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; fail "initdb failed."; }
  fi
  if [ -f "$folder/../tls/cert.pem" ]; then
    # It takes no key that others could read, and wants to own it.
    cp "$folder/../tls/cert.pem" "$folder/../tls/key.pem" "$folder/"
    [ "$(id -u)" != 0 ] || chown postgres: "$folder/key.pem" "$folder/cert.pem"
    chmod 600 "$folder/key.pem"
    tls=(-c ssl=on -c "ssl_cert_file=$folder/cert.pem" -c "ssl_key_file=$folder/key.pem")
  fi
  ${as_postgres[@]+"${as_postgres[@]}"} "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$folder" \
    -c max_connections=300 -c log_min_messages=fatal ${tls[@]+"${tls[@]}"} "$@" >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  PGPASSWORD=$database_password wait_for "$folder" "$bin/psql" -h 127.0.0.1 -p "$port" -U latchkey -d postgres -c 'select 1'
}

start_mariadb() {
  local folder=$1 port=$2 server tls=() init=()
  shift 2
  server=$(mariadb_bin)
  if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    mariadb-install-db --no-defaults ${as_root_too[@]+"${as_root_too[@]}"} --datadir="$folder/data" --auth-root-authentication-method=socket \
      --skip-test-db >"$folder/log" 2>&1 || { cat "$folder/log" >&2; fail "mariadb-install-db failed."; }
    printf "create user latchkey@'127.0.0.1' identified by '%s';\ngrant all on *.* to latchkey@'127.0.0.1' with grant option;\n" \
      "$database_password" >"$folder/init.sql"
    init=("--init-file=$folder/init.sql")
  fi
  if [ -f "$folder/../tls/cert.pem" ]; then
    tls=("--ssl-ca=$folder/../tls/ca.pem" "--ssl-cert=$folder/../tls/cert.pem" "--ssl-key=$folder/../tls/key.pem")
  fi
  "$server" --no-defaults ${as_root_too[@]+"${as_root_too[@]}"} --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/mariadb.pid" \
    --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --max-connections=300 --performance-schema=off \
    ${init[@]+"${init[@]}"} ${tls[@]+"${tls[@]}"} "$@" >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  MYSQL_PWD=$database_password wait_for "$folder" mariadb --no-defaults -h 127.0.0.1 -P "$port" -u latchkey -e 'select 1'
}

stop_server() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  # PostgreSQL: SIGINT ends it without waiting for its clients. MariaDB takes SIGTERM.
  if [ -f "$1/mariadb.pid" ]; then kill "$pid" 2>/dev/null || true; else kill -INT "$pid" 2>/dev/null || true; fi
  wait "$pid" 2>/dev/null || true
}
