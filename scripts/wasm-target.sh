#!/usr/bin/env bash
# Gives rustc the wasm32-unknown-unknown half of the standard library: by rustup, or, where rustup cannot download,
# built from Debian's `rust-src` of exactly rustc's version. When it is there this takes a moment.
. "$(dirname "$0")/env.sh"

target=wasm32-unknown-unknown
libdir=$(rustc --print target-libdir --target "$target")

is_there() { ls "$libdir"/libstd-*.rlib >/dev/null 2>&1; }

is_there && exit 0

by_hand="rustup target add $target"
if has rustup; then
  say "set-up: the $target target, by rustup (about 20 seconds; gives up after 120)"
  within 120 rustup target add "$target" </dev/null || say "set-up: rustup could not download it"
  is_there && exit 0
fi

version=$(rustc --version | awk '{ print $2 }')
has apt-get dpkg-deb || fail "The $target target of rustc $version is missing." "$by_hand"
sysroot=$(rustc --print sysroot)
[ -w "$sysroot/lib/rustlib" ] || fail "The $target target is missing, and $sysroot is not writable." "$by_hand    (or, for Debian's own rustc: sudo apt-get install libstd-rust-dev-wasm32)"

say "set-up: the $target target, built from Debian's rust-src $version (about 2 minutes)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial" "$work/archives/partial"

# The machine's own Debian mirror, under another suite: its stanzas are copied and only `Suites:` changes, so that no host is named here.
# The security archive has no such suites, and one failing stanza would spoil the rest.
suite_sources() {
  rm -f "$work"/sources/*
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v RS= -v ORS='\n\n' '/(^|\n)Suites:/ && !/(^|\n)Suites:[^\n]*-security/ && /debian/' "$file" | sed "s/^Suites:.*/Suites: $1/" >"$work/sources/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -nE "/^deb .*debian/ { /-security/d; s#^(deb (\[[^]]*\] )?[^ ]+) [^ ]+ #\1 $1 #p; }" "$file" | sort -u >"$work/sources/${file##*/}"
  done
}

apt() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources" -o "Dir::State::Lists=$work/lists" \
    -o "Dir::Cache::Archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

fetch_source() {
  local suite
  for suite in trixie-backports forky sid; do
    suite_sources "$suite"
    apt update >/dev/null 2>&1 || true
    if (cd "$work" && apt download "rust-src=$version*") >/dev/null 2>&1; then
      say "set-up: found rust-src $version in $suite"
      return 0
    fi
  done
  return 1
}

fetch_source || fail "Neither rustup nor Debian gave the $target target of rustc $version." "$by_hand"
mkdir "$work/unpacked"
dpkg-deb --fsys-tarfile "$work"/rust-src_*.deb | tar -x -C "$work/unpacked" --wildcards './usr/src/rustc-*/library/*'
library=$(echo "$work"/unpacked/usr/src/rustc-*/library)
[ -f "$library/Cargo.lock" ] || fail "Debian's rust-src has no library/Cargo.lock." "$by_hand"
# Cargo looks for the sources in the toolchain. They leave again: a later `rustup component add rust-src` would stumble over them.
if [ ! -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
  trap 'rm -rf "$work" "$sysroot/lib/rustlib/src/rust/library"' EXIT
  mkdir -p "$sysroot/lib/rustlib/src/rust"
  cp -R "$library" "$sysroot/lib/rustlib/src/rust/"
fi

# Any crate will do: what counts is that cargo builds std for the target on the way.
mkdir -p "$work/empty/src"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' >"$work/empty/Cargo.toml"
: >"$work/empty/src/lib.rs"
(cd "$work/empty" && CARGO_TARGET_DIR="$work/built" RUSTC_BOOTSTRAP=1 cargo build --quiet --release -Zbuild-std=std,panic_abort --target "$target") ||
  fail "The standard library did not build for $target." "$by_hand"
mkdir -p "$libdir"
for rlib in "$work/built/$target"/release/deps/*.rlib; do
  case ${rlib##*/} in libempty-*) ;; *) cp "$rlib" "$libdir/" ;; esac
done
is_there || fail "The $target target was built, but rustc does not see it in $libdir." "$by_hand"
say "set-up: the $target target is in place"
