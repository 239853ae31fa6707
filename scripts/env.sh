# shellcheck shell=bash
# What every script here begins with (`. scripts/env.sh`): go to the project's root, find the tools, and a few small helpers.
# It runs with bash 3.2 too (macOS), so there are no associative arrays and no `mapfile`.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# `cargo install` puts tools there; it need not be on the caller's PATH. wasm-opt and playwright come from npm.
export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}"
export PATH="$CARGO_HOME/bin:$root/node_modules/.bin:$PATH"

# The server, cargo-leptos, Playwright and the stamp of build-release.sh all look here, whatever the caller prefers.
export CARGO_TARGET_DIR="$root/target"

say() { printf '%s\n' "$*"; }

# fail WHAT COMMAND…: one message that ends with what to type by hand.
fail() {
  printf '\n%s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then
    printf 'Run this by hand, then try again:\n' >&2
    printf '    %s\n' "$@" >&2
  fi
  exit 1
}

# has COMMAND…: true when all of them are there.
has() {
  local name
  for name in "$@"; do command -v "$name" >/dev/null 2>&1 || return 1; done
}

# within SECONDS COMMAND…: macOS has no `timeout`, but it has perl.
within() {
  if has timeout; then timeout "$@"; else perl -e 'alarm shift; exec @ARGV or die' "$@"; fi
}

sha256() { if has sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# locked_version CRATE: the version in Cargo.lock.
locked_version() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub("\"", "", $3); print $3; exit }' Cargo.lock
}
