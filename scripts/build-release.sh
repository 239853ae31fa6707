#!/usr/bin/env bash
# Builds target/release/latchkey and target/site with cargo-leptos, unless the last build was of the same sources.
#
# cargo-leptos empties the site folder at every build, so that cargo's own freshness check would link the server again each time.
# The stamp holds two sums: of all that goes in, and of all that came out (`cargo leptos watch` writes to the same site folder).
. "$(dirname "$0")/env.sh"

stamp=target/latchkey-release.stamp

sums() { find "$@" -type f | LC_ALL=C sort | while IFS= read -r file; do sha256 "$file"; done; }

sources() {
  local inputs="" path
  for path in src style public migrations Cargo.toml Cargo.lock build.rs .cargo/config.toml package-lock.json; do
    [ ! -e "$path" ] || inputs="$inputs $path"
  done
  # shellcheck disable=SC2086 # a list of names
  { rustc --version && sums $inputs; } | sha256
}

products() {
  [ -x target/release/latchkey ] && [ -d target/site/pkg ] || return 0
  sums target/release/latchkey target/site | sha256
}

before=$(sources)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$before $(products)" ]; then
  say "build: nothing changed since the last release build"
  exit 0
fi

say "build: the release, server and WASM (about 8 minutes the first time on 2 cores, 2 after an edit)"
SECONDS=0
rm -f "$stamp"
cargo leptos build --release --precompress || fail "build: cargo leptos build --release --precompress failed; its messages are above."
# Some cargo-leptos commands exit 0 after an error: trust the files.
[ -n "$(products)" ] || fail "build: target/release/latchkey or target/site/pkg is missing after the build."
# Sources edited during the build must not count as built.
printf '%s %s\n' "$before" "$(products)" >"$stamp"
say "build: done in $SECONDS s"
