#!/usr/bin/env bash
# make lint: everything that can be said about the code without running it. All checks run, also after one failed.
. "$(dirname "$0")/env.sh"

scripts/setup.sh lint

failed=
check() { # check NAME COMMAND…
  local name=$1 begin=$SECONDS
  shift
  say "lint: $*"
  if "$@"; then say "lint: $name ok ($((SECONDS - begin)) s)"; else
    say "lint: $name FAILED ($((SECONDS - begin)) s)"
    failed="$failed $name,"
  fi
}

check rustfmt cargo fmt --check
check clippy-server cargo clippy --quiet --all-targets --features ssr -- -D warnings
check clippy-wasm cargo clippy --quiet --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings
# --locked: Cargo.lock must be up to date. Advisories change without a commit of ours, so they are not a reason for `make lint` to fail.
check cargo-deny cargo deny --locked --log-level error check bans licenses sources
check readme node scripts/check-readme.mjs README.md CHANGELOG.md docs/assurance.md docs/tutorial.md
# Optional, for whoever writes scripts: Debian's package is called shellcheck.
if has shellcheck; then check shellcheck shellcheck --exclude=SC1091 scripts/*.sh .ci/run; fi

[ -z "$failed" ] || fail "lint: FAILED:${failed%,}"
say "lint: all ok ($SECONDS s)"
