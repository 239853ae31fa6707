#!/usr/bin/env bash
# scratch-nginx.sh PORT FOLDER: Latchkey in production mode behind nginx with TLS, for Playwright. https://localhost:PORT is nginx,
# PORT+1 Latchkey itself, PORT+2 nginx's plain http. Both end together.
# scratch-nginx.sh --check FOLDER: only asks nginx what it thinks of the configuration.
#
# Settings and proxy are deploy/latchkey.toml and deploy/nginx.conf, with other names, ports and paths: what an operator copies is
# what is tested. BINARY=target/debug/latchkey tries another binary. FOLDER keeps data, settings and logs, to be looked at later.
. "$(dirname "$0")/env.sh"

PATH="$PATH:/usr/sbin:/sbin" # Debian's nginx
for tool in nginx openssl; do
  has "$tool" || fail "$tool is missing; the browser tests run against it." "scripts/setup.sh test"
done

check=
if [ "$1" = --check ]; then check=yes port=3119; else port=$1; fi
mkdir -p "$2"
folder=$(cd "$2" && pwd)
rm -rf "${folder:?}/data" "$folder/nginx" "$folder"/*.log
mkdir -p "$folder/data" "$folder/nginx"
chmod 700 "$folder/data"
origin=https://localhost:$port
backend=127.0.0.1:$((port + 1))

# set_up FROM TO EXPRESSION…: sed, but every expression must find something, or the test would not test what it says.
set_up() {
  local from=$1 to=$2 expression before
  shift 2
  cp "$from" "$to"
  for expression in "$@"; do
    before=$(sha256 <"$to")
    sed "$expression" "$to" >"$to.new"
    mv "$to.new" "$to"
    [ "$before" != "$(sha256 <"$to")" ] || fail "scratch-nginx.sh: nothing in $from matches $expression"
  done
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$folder/nginx/key.pem" -out "$folder/nginx/cert.pem" 2>/dev/null ||
  fail "openssl could not make a certificate."

set_up deploy/nginx.conf "$folder/nginx/latchkey.conf" \
  "s|server 127.0.0.1:3000|server $backend|" \
  "s|https://accounts.example.com|$origin|" \
  "s|/etc/letsencrypt/live/accounts.example.com/fullchain.pem|$folder/nginx/cert.pem|" \
  "s|/etc/letsencrypt/live/accounts.example.com/privkey.pem|$folder/nginx/key.pem|" \
  "s|server_name accounts.example.com|server_name localhost|" \
  "/listen \[::\]/d" \
  "s|listen 80|listen 127.0.0.1:$((port + 2))|" \
  "s|listen 443|listen 127.0.0.1:$port|" \
  "s|/var/www/html|$folder/nginx/webroot|" \
  "s|/var/log/nginx/latchkey.|$folder/nginx.|"
{
  if [ "$(id -u)" = 0 ]; then printf 'user %s %s;\n' "$(id -un)" "$(id -gn)"; fi
  printf 'daemon off;\nworker_processes 1;\npid %s/nginx/pid;\nerror_log stderr warn;\nevents { }\nhttp {\n' "$folder"
  for kind in client_body proxy fastcgi uwsgi scgi; do printf '  %s_temp_path %s/nginx/%s;\n' $kind "$folder" $kind; done
  printf '  include %s/nginx/latchkey.conf;\n}\n' "$folder"
} >"$folder/nginx/nginx.conf"

nginx=(nginx -e stderr -p "$folder/nginx" -c "$folder/nginx/nginx.conf")
if [ -n "$check" ]; then exec "${nginx[@]}" -t; fi

set_up deploy/latchkey.toml "$folder/latchkey.toml" \
  "s|https://accounts.example.com|$origin|" \
  "s|127.0.0.1:3000|$backend|" \
  "s|/var/lib/latchkey|$folder/data|" \
  "s|^# secret_key = .*|secret_key = '$(openssl rand -hex 32)'|"
chmod 600 "$folder/latchkey.toml"

binary=${BINARY:-target/dist/latchkey}
case $binary in /*) ;; *) binary=$root/$binary ;; esac

trap 'trap - EXIT; kill "${children[@]}" 2>/dev/null || true; wait' EXIT INT TERM
children=()
# An environment of its own, and a folder without a `.env`: nothing of the developer's settings may reach a test.
(cd "$folder" && exec env -i "$binary" --config latchkey.toml --log-sql --source-attempts 100000) \
  >"$folder/server.log" 2>&1 &
children+=($!)
"${nginx[@]}" >"$folder/nginx.log" 2>&1 &
children+=($!)
# Whichever ends takes the other along: half of it would only make the tests wait.
while kill -0 "${children[0]}" 2>/dev/null && kill -0 "${children[1]}" 2>/dev/null; do sleep 1; done
fail "scratch-nginx.sh: Latchkey or nginx ended; see $folder/server.log and $folder/nginx.log"
