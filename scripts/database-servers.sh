# shellcheck shell=bash
# Private database servers for tests, to be sourced behind env.sh. Each lives in a folder of its own, listens on 127.0.0.1 alone and
# reads no configuration of the machine's. FOLDER is an absolute path, through which the users postgres and mysql can go.
#
# start_postgres FOLDER PORT [ARGUMENTS…], start_mariadb FOLDER PORT [ARGUMENTS…]: start one (the first time they make it) and wait
# until it answers; its process number is then in FOLDER/pid, what it says in FOLDER/log. Both know a user `latchkey` who may make
# databases, with the password in FOLDER/password ($database_password when it was made), and speak TLS beside plain TCP when
# FOLDER/../tls has a certificate (make_certificate).
# After a kill -9 they start again in the same FOLDER, at the same PORT if you like.
# stop_server FOLDER: ends the one that was started there, also by another process.

# What a server keeps in memory.
database_megabytes=${DATABASE_MEGABYTES:-128}
database_password=${database_password:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}

postgres_bin() { # the folder of the newest PostgreSQL: Debian's, Homebrew's, or the one on the PATH
  local folder found=
  # psql lives there too, so the folder may be there without a server.
  for folder in {/usr/lib/postgresql/*,/usr/local/opt/postgresql@*,/opt/homebrew/opt/postgresql@*}/bin; do
    if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ]; then found=$folder; fi
  done
  if [ -n "$found" ]; then say "$found"; elif has postgres initdb; then dirname "$(command -v postgres)"; fi
}

mariadb_bin() { # Debian keeps it where only root's PATH leads, Fedora where no PATH does
  PATH="$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec" command -v mariadbd || true
}

# PostgreSQL refuses to run as root, and mariadb-install-db as root changes the owner of a plugin of the machine's. The packages bring a
# user for each. Arrays and not functions, so that a server in the background is itself the process that $! names.
as_postgres=() as_mariadb=()
if [ "$(id -u)" = 0 ]; then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
  as_mariadb=(setpriv --reuid=mysql --regid=mysql --clear-groups --)
fi

# From below the ports that systems give to clients and to whoever asks for any: nobody else's takes it before the server does.
free_port() {
  node -e '
    const attempt = () => {
      const port = 20000 + Math.floor(Math.random() * 12000);
      const server = require("net").createServer().once("error", attempt);
      server.listen(port, "127.0.0.1", () => server.close(() => console.log(port)));
    };
    attempt();
  '
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

# prepare FOLDER USER: a server's folder, which is that user's when we are root, with the certificate: a server takes no key that
# others could read, and wants to own it.
prepare() {
  mkdir -p "$1"
  if [ -f "$1/../tls/cert.pem" ]; then
    cp "$1/../tls/cert.pem" "$1/../tls/key.pem" "$1/"
    chmod 600 "$1/key.pem"
  fi
  if [ "$(id -u)" = 0 ]; then
    id "$2" >/dev/null 2>&1 || fail "A database server cannot run as root, and there is no user $2." "run it as another user"
    chown -R "$2:" "$1"
  fi
}

# secret FILE LINES…: a file that only its owner can read.
secret() {
  local file=$1
  shift
  (umask 077 && printf '%s\n' "$@" >"$file")
}

# launch FOLDER COMMAND…: in the background, as a process group of its own: Ctrl-C in a terminal reaches whoever started the server,
# who then stops it last. Disowned, so that bash does not comment on its end.
launch() {
  local folder=$1
  shift
  set -m
  "$@" >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  disown
  set +m
}

# started FOLDER COMMAND…: whether the command succeeds within a minute, while the server lives.
started() {
  local folder=$1 begin=$SECONDS
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - begin)) -ge 60 ] || ! kill -0 "$(cat "$folder/pid")" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
}

# Both ask the server's own file first, so that another server at the same port cannot answer in its place.
postgres_answers() { # postgres_answers FOLDER: by the lines that pg_ctl waits for
  [ "$(sed -n '1p; 8p' "$1/data/postmaster.pid" | tr -d ' \n')" = "$(cat "$1/pid")ready" ]
}
mariadb_answers() { # mariadb_answers FOLDER PORT
  [ "$(cat "$1/mariadb.pid")" = "$(cat "$1/pid")" ] &&
    MYSQL_PWD=$(cat "$1/password") mariadb --no-defaults -h 127.0.0.1 -P "$2" -u latchkey -e 'select 1'
}

# failed_start FOLDER WHAT: the end of the log, and no server that might come up later.
failed_start() {
  tail -n 20 "$1/log" >&2
  stop_server "$1"
  fail "$2"
}

# scram_verifier PASSWORD: as PostgreSQL keeps it (RFC 5803), with one iteration in place of 4096: tests sign in some thousand times.
scram_verifier() {
  node -e '
    const { createHash, createHmac, pbkdf2Sync, randomBytes } = require("crypto");
    const salt = randomBytes(16), salted = pbkdf2Sync(process.argv[1], salt, 1, 32, "sha256");
    const key = (name) => createHmac("sha256", salted).update(name).digest();
    const text = (bytes) => bytes.toString("base64");
    const stored = createHash("sha256").update(key("Client Key")).digest();
    console.log(`SCRAM-SHA-256$1:${text(salt)}$${text(stored)}:${text(key("Server Key"))}`);
  ' "$1"
}

start_postgres() {
  local folder=$1 port=$2 begin=$SECONDS bin verifier tls=()
  shift 2
  bin=$(postgres_bin)
  if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    secret "$folder/password" "$database_password"
    verifier=$(scram_verifier "$database_password")
    secret "$folder/verifier" "$verifier"
    prepare "$folder" postgres
    ${as_postgres[@]+"${as_postgres[@]}"} "$bin/initdb" --pgdata "$folder/data" --username latchkey --pwfile "$folder/verifier" --auth scram-sha-256 \
      --encoding UTF8 --locale C.UTF-8 --no-sync >"$folder/log" 2>&1 || failed_start "$folder" "initdb failed."
  fi
  [ ! -f "$folder/cert.pem" ] || tls=(-c ssl=on -c "ssl_cert_file=$folder/cert.pem" -c "ssl_key_file=$folder/key.pem")
  # Tests provoke errors by the thousand; in the log they would hide the server's own troubles. No socket: its path can be too long.
  until
    launch "$folder" ${as_postgres[@]+"${as_postgres[@]}"} "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories= -c max_connections=300 -c "shared_buffers=${database_megabytes}MB" -c log_min_messages=log ${tls[@]+"${tls[@]}"} "$@"
    started "$folder" postgres_answers "$folder"
  do
    # After a kill -9 the backends need a moment to notice, and no other server starts before that.
    if [ $((SECONDS - begin)) -ge 60 ] || ! tail -n 4 "$folder/log" | grep -q 'pre-existing shared memory block'; then
      failed_start "$folder" "PostgreSQL did not start in $folder."
    fi
  done
}

start_mariadb() {
  local folder=$1 port=$2 tls=()
  shift 2
  if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    secret "$folder/password" "$database_password"
    secret "$folder/init.sql" "create or replace user latchkey@'127.0.0.1' identified by '$database_password';" \
      "grant all on *.* to latchkey@'127.0.0.1' with grant option;"
    prepare "$folder" mysql
    ${as_mariadb[@]+"${as_mariadb[@]}"} mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=socket \
      --skip-test-db >"$folder/log" 2>&1 || failed_start "$folder" "mariadb-install-db failed."
  fi
  [ ! -f "$folder/cert.pem" ] || tls=("--ssl-cert=$folder/cert.pem" "--ssl-key=$folder/key.pem")
  # Character sets and collations stay as they come: Latchkey must see to its own.
  launch "$folder" ${as_mariadb[@]+"${as_mariadb[@]}"} "$(mariadb_bin)" --no-defaults --datadir="$folder/data" --socket="$folder/socket" \
    --pid-file="$folder/mariadb.pid" --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --max-connections=300 \
    --innodb-buffer-pool-size="${database_megabytes}M" --performance-schema=off --init-file="$folder/init.sql" ${tls[@]+"${tls[@]}"} "$@"
  started "$folder" mariadb_answers "$folder" "$port" || failed_start "$folder" "MariaDB did not start in $folder."
}

stop_server() {
  local pid signal=TERM turn
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  # PostgreSQL waits for its clients after SIGTERM, but not after SIGINT.
  [ ! -f "$1/data/PG_VERSION" ] || signal=INT
  kill "-$signal" "$pid" 2>/dev/null || true
  # Not `wait`: it may be another shell's child, and it may hang.
  for turn in {1..300}; do
    kill -0 "$pid" 2>/dev/null || break
    [ "$turn" != 300 ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$1/pid"
}
