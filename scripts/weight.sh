#!/usr/bin/env bash
# make weight: the bytes of a first visit to /login, then the largest parts of the WASM (before wasm-opt, which takes the names away).
. "$(dirname "$0")/env.sh"

scripts/setup.sh run weight
scripts/build-release.sh
verdict=0
node scripts/weight.mjs || verdict=$?
say
say "The largest parts of the WASM, before wasm-opt:"
twiggy top -n 15 target/front/wasm32-unknown-unknown/wasm-release/latchkey.wasm
exit $verdict
