#!/usr/bin/env bash
# make test: the suites in order, all of them even after one failed, a line for each at the end, and last of all `N passed, N failed`.
# What the suites print is kept in target/test-logs/.
. "$(dirname "$0")/env.sh"

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

scripts/setup.sh test dist
rm -f end2end/test-results/results.json

suite cargo-test cargo_counts cargo test --features ssr
suite timing cargo_counts cargo test --features ssr --test integration timing -- --ignored --nocapture
suite dist one_check scripts/dist.sh
suite deploy one_check scripts/check-deploy.sh
suite black-box pytest_counts scripts/black-box.sh
suite fuzz-api one_check scripts/fuzz-api.sh 40 20270115
suite weight one_check node scripts/weight.mjs
suite playwright playwright_counts playwright test --config end2end/playwright.config.ts

say
say "$summary"
say "make test took $SECONDS s; the output of each suite is in $logs/, the server's in end2end/test-results/server.log"
say "$passed passed, $failed failed" | tee "$logs/counts"
[ "$failed" = 0 ]
