#!/usr/bin/env bash
# make run: from a fresh clone to a server that answers. Arguments go to the binary.
. "$(dirname "$0")/env.sh"

SECONDS=0
scripts/setup.sh run
scripts/build-release.sh
say "run: target/dist/latchkey (ready to start after $SECONDS s; Ctrl-C stops it)"
exec target/dist/latchkey "$@"
