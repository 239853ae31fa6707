#!/usr/bin/env bash
# make bench: figures of the release. Nothing fails here: times are read by people, on a quiet machine.
. "$(dirname "$0")/env.sh"

scripts/setup.sh run
scripts/build-release.sh
node scripts/start-time.mjs
say
say "bench: what an access token costs (the first time after a change it compiles for some minutes)"
cargo bench --quiet --features ssr --bench tokens
say
say "bench: what the hot questions cost with a million accounts (some minutes to fill each database)"
# Servers with a million accounts have more memory than those of the tests.
DATABASE_MEGABYTES=2048 scripts/with-databases.sh cargo bench --quiet --features ssr --bench directory
