#!/usr/bin/env bash
# Builds target/dist/latchkey, the one file of a release, with cargo-leptos, unless the last build was of the same sources.
#
# cargo-leptos empties the site folder at every build, so that the server, which embeds it, would be compiled each time.
# The stamp holds two sums: of all that goes in, and of what came out.
. "$(dirname "$0")/env.sh"

stamp=target/latchkey-release.stamp
binary=target/dist/latchkey

sums() { find "$@" -type f | LC_ALL=C sort | while IFS= read -r file; do sha256 "$file"; done; }

sources() {
  local inputs="" path
  for path in src style public migrations Cargo.toml Cargo.lock build.rs .cargo/config.toml package-lock.json scripts/build-release.sh; do
    [ ! -e "$path" ] || inputs="$inputs $path"
  done
  # shellcheck disable=SC2086 # a list of names
  { rustc --version && sums $inputs; } | sha256
}

product() { [ ! -x "$binary" ] || sha256 "$binary"; }

before=$(sources)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$before $(product)" ]; then
  say "build: nothing changed since the last release build"
  exit 0
fi

say "build: the release, WASM and server (about 8 minutes the first time on 2 cores, 2 after an edit)"
SECONDS=0

# On Linux the C library goes into the file too: it then runs on any distribution, and in an empty container. It needs a target
# by name, or build scripts and macros would be linked that way as well.
built=target/release/latchkey
triple=$(rustc -vV | sed -n 's/^host: //p')
case $triple in
*-linux-gnu)
  # These would outrank the flag below.
  unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
  upper=$(printf '%s' "$triple" | tr 'a-z-' 'A-Z_')
  export LEPTOS_BIN_TARGET_TRIPLE=$triple "CARGO_TARGET_${upper}_RUSTFLAGS=-C target-feature=+crt-static"
  built=target/$triple/release/latchkey
  ;;
esac

# The WASM names the files of the crates in it, for panics: not by where they lie on this machine, so that it is the same on every one,
# and smaller.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src="

# What an earlier build left must not be taken for this one's.
rm -f "$stamp" "$binary" "$built"
cargo leptos build --release || fail "build: cargo leptos build --release failed; its messages are above."
# Some cargo-leptos commands exit 0 after an error: trust the file.
[ -x "$built" ] || fail "build: $built is missing after the build."
case $built in
*-linux-gnu/*)
  if has readelf && readelf --program-headers --wide "$built" | grep -q ' INTERP '; then
    fail "build: $built is linked dynamically; does a config.toml of cargo set rustc's flags?"
  fi
  ;;
esac
mkdir -p target/dist
cp "$built" "$binary"
# Sources edited during the build must not count as built.
printf '%s %s\n' "$before" "$(product)" >"$stamp"
say "build: done in $SECONDS s: $binary, $(wc -c <"$binary" | tr -d ' ') bytes"
