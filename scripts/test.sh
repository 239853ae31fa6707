#!/usr/bin/env bash
# make test: the suites in order, all of them even after one failed, a line for each at the end, and last of all `N passed, N failed`.
# What the suites print is kept in target/test-logs/.
. "$(dirname "$0")/env.sh"
. scripts/database-servers.sh

logs=target/test-logs
mkdir -p "$logs"
rm -f "$logs"/*
summary=
passed=0
failed=0

# The counts of a suite, as "PASSED FAILED".
one_check() { :; }
cargo_counts() { # the sum over the `test result:` lines of every test binary
  awk '/^test result:/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1) } } END { if (p + f) print p + 0, f + 0 }' "$1"
}
integration_counts() { # of the integration tests alone, in the log of any `cargo test`
  awk '
    /Running.*\(.*\/deps\/|Doc-tests/ { ours = / tests\/main\.rs \(/ }
    /^test result:/ && ours { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p = $(i - 1); if ($i ~ /^failed/) f = $(i - 1) } }
    END { if (p + f) print p, f }
  ' "$1"
}
pytest_counts() { # of its last line, such as `== 1 failed, 23 passed in 4.21s ==`
  awk '/^=+ .* in [0-9.]+s/ { p = f = 0; for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^(failed|errors?)/) f += $(i - 1) } } END { if (p + f) print p, f }' "$1"
}
playwright_counts() {
  node -e '
    const { stats } = JSON.parse(require("fs").readFileSync("end2end/test-results/results.json", "utf8"));
    console.log(stats.expected + stats.flaky, stats.unexpected);
  ' 2>/dev/null || true
}

# suite NAME COUNTS COMMAND…
suite() {
  local name=$1 counts=$2 begin=$SECONDS verdict=ok p f
  shift 2
  say
  say "=== $name: $*"
  "$@" </dev/null 2>&1 | tee "$logs/$name.log" || verdict=FAILED
  read -r p f <<<"$($counts "$logs/$name.log")"
  # A suite without counts is one check; one that broke before its first test (it did not compile) counts as one failure.
  if [ -z "$p" ]; then if [ $verdict = ok ]; then p=1 f=0; else p=0 f=1; fi; fi
  if [ $verdict = FAILED ] && [ "$f" = 0 ]; then f=1; fi
  if [ "$f" != 0 ]; then verdict=FAILED; fi
  passed=$((passed + p))
  failed=$((failed + f))
  summary="$summary$(printf '%-12s %-6s %5d s %6d passed %4d failed' "$name" $verdict $((SECONDS - begin)) "$p" "$f")
"
}

# What is not about where accounts are kept, or goes through all kinds of database by itself: once is enough.
once=(--skip house_rules:: --skip assurance:: --skip flows::settings:: --skip flows::commands::folder:: --skip flows::moving::
  --skip flows::database_tls:: --skip flows::outages:: --skip flows::scale_out:: --skip flows::signals:: --skip api::document:: --skip doors::docs::)

# database_suite NAME PROGRAM SERVER: the integration tests on that server; without it the suite is skipped, but fails in CI.
database_suite() {
  if [ -z "$2" ] && [ "${CI:-}" != true ]; then
    printf '\n*** %s is missing: the integration tests on it are SKIPPED (scripts/setup.sh test says how to have it)\n' "$3" >&2
    summary="$summary$(printf '%-12s skipped: %s is missing' "$1" "$3")
"
    return 0
  fi
  # Tests wait for the server's answers more than they work: many at once.
  suite "$1" cargo_counts env ONLY="$1" TEST_DATABASE="$1" RUST_TEST_THREADS=6 scripts/with-databases.sh cargo test --features ssr --test integration -- "${once[@]}"
}

# database_line SERVER SUITE: what became of the integration tests on it, by the log of that suite.
database_line() {
  local p f
  if [ ! -f "$logs/$2.log" ]; then
    printf '  %-12s skipped\n' "$1"
  else
    read -r p f <<<"$(integration_counts "$logs/$2.log")"
    if [ -n "$p" ]; then printf '  %-12s %6d passed %4d failed\n' "$1" "$p" "$f"; else printf '  %-12s did not run to their end\n' "$1"; fi
  fi
}

# Only the suites below say which database a test runs on.
unset TEST_DATABASE
scripts/setup.sh test dist
rm -f end2end/test-results/results.json

suite cargo-test cargo_counts scripts/with-databases.sh cargo test --features ssr
database_suite postgres "$(postgres_bin)" PostgreSQL
database_suite mariadb "$(mariadb_bin)" MariaDB
suite timing cargo_counts cargo test --features ssr --test integration timing -- --ignored --nocapture
suite dist one_check scripts/dist.sh
suite deploy one_check scripts/check-deploy.sh
suite black-box pytest_counts scripts/black-box.sh
suite fuzz-api one_check scripts/fuzz-api.sh 40 20270115
suite weight one_check node scripts/weight.mjs
suite lighthouse one_check node scripts/lighthouse.mjs
suite playwright playwright_counts playwright test --config end2end/playwright.config.ts

say
say "$summary"
say "integration tests per database:"
database_line SQLite cargo-test
database_line PostgreSQL postgres
database_line MariaDB mariadb
say
say "make test took $SECONDS s; the output of each suite is in $logs/, the server's in end2end/test-results/server.log"
say "$passed passed, $failed failed" | tee "$logs/counts"
[ "$failed" = 0 ]
