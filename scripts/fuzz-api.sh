#!/usr/bin/env bash
# fuzz-api.sh [EXAMPLES [SEED]]: schemathesis reads /openapi.json and tries every operation: as nobody, as a user, as an administrator; single
# requests and chains of them; input that the description allows and input that it does not. Refused are: a 5xx, a status or a body that
# the description does not have, input taken that it forbids or refused that it allows, a route that a token is not asked for, an error in the log.
#
# EXAMPLES is how much is tried for each operation, SEED what it begins with: `make test` gives a fixed one, `make fuzz-api` another
# each time, which is printed. tests/fuzz says what is left out, and why.
#
# BINARY=target/debug/latchkey tries another binary. URL=http://127.0.0.1:3000 tries a server that is running, without an administrator.
. "$(dirname "$0")/env.sh"

examples=${1:-40}
seed=${2:-$RANDOM}
least=2000
folder=$root/target/fuzz-api
export BINARY="${BINARY:-target/dist/latchkey}"
people="nobody user admin"
rm -rf "$folder"
mkdir -p "$folder"

if [ -n "${URL:-}" ]; then people="nobody user"; else
  [ -x "$BINARY" ] || fail "$BINARY is missing." "make dist"
  URL=http://127.0.0.1:3123
  scripts/scratch-server.sh 3123 "$folder" --sign-in-attempts 50 &
  server=$!
  trap 'kill $server 2>/dev/null || true' EXIT
  for _ in $(seq 300); do
    if curl --silent --fail --output /dev/null "$URL/openapi.json"; then break; fi
    kill -0 $server 2>/dev/null || fail "fuzz-api: the server did not start; see $folder/server.log"
    sleep 0.2
  done
  # What the administrators' command needs to find the same database.
  export LATCHKEY_DATA="$folder/data" DATABASE_URL="sqlite:///$folder/data/latchkey.sqlite3" FUZZ_BINARY="$folder/alone/latchkey"
fi
export FUZZ_URL="$URL" SCHEMATHESIS_HOOKS="$root/tests/fuzz/hooks.py" PYTHONDONTWRITEBYTECODE=1

cases_of() { node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).test_cases.generated)' "$1"; }

total=0
failed=
for who in $people; do
  begin=$SECONDS
  # It keeps what it finds in the current folder.
  (cd "$folder" && FUZZ_AS=$who "$root/target/python/bin/st" --no-color --config-file "$root/tests/fuzz/schemathesis.toml" run "$URL/openapi.json" \
    --max-examples "$examples" --seed "$seed" --generation-database none --suppress-health-check all \
    --report json --report-json-path "$folder/$who.json") >"$folder/$who.log" 2>&1 || failed="$failed $who,"
  count=$(cases_of "$folder/$who.json") || count=0
  total=$((total + count))
  say "fuzz-api: as $who: $count cases in $((SECONDS - begin)) s"
done
if [ -n "$failed" ]; then
  for who in $people; do cat "$folder/$who.log"; done
  fail "fuzz-api: FAILED as${failed%,} (seed $seed)"
fi
if [ -n "${server:-}" ]; then
  kill $server
  wait $server || fail "fuzz-api: the server did not end well; see $folder/server.log"
  if grep -m 3 '"level":"ERROR"' "$folder/server.log"; then fail "fuzz-api: a fault of ours is in $folder/server.log"; fi
fi
[ "$total" -ge $least ] || fail "fuzz-api: only $total cases, not $least; raise EXAMPLES"
say "fuzz-api: $total cases, seed $seed, all well ($SECONDS s)"
