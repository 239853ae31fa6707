#!/usr/bin/env bash
# scratch-server.sh PORT FOLDER [FLAGS…]: the release, for Playwright and for weight.mjs: the one file, copied alone into an empty folder and
# started there. Every start begins empty; FOLDER/data and FOLDER/server.log stay, to be looked at after a failed test.
# BINARY=target/debug/latchkey tries another binary.
. "$(dirname "$0")/env.sh"

port=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
rm -rf "$folder/data" "$folder/alone"
mkdir -p "$folder/alone"
cp "${BINARY:-target/dist/latchkey}" "$folder/alone/latchkey"

# Nothing of the developer's own settings may reach a test: neither a setting of this shell nor a DATABASE_URL of a `.env` file,
# which an environment variable outranks.
for name in $(compgen -e | grep '^LATCHKEY_' || true); do unset "$name"; done
unset SECRET_KEY ALGORITHM ACCESS_TOKEN_EXPIRE_MINUTES
export LATCHKEY_ENV=development
export LATCHKEY_LISTEN="127.0.0.1:$port"
export LATCHKEY_PUBLIC_URL="http://127.0.0.1:$port"
export LATCHKEY_DATA="$folder/data"
export DATABASE_URL="sqlite:///$folder/data/latchkey.sqlite3"

# All tests come from one address.
export LATCHKEY_SOURCE_ATTEMPTS=100000

# Statements are logged, so that the search of the log for secrets goes through them too.
export LATCHKEY_LOG_SQL=true

cd "$folder/alone"
exec ./latchkey "${@:3}" >"$folder/server.log" 2>&1
