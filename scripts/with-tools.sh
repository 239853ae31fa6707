#!/usr/bin/env bash
# with-tools.sh COMMAND…: runs a command in the project's root with the tools that setup.sh installed.
. "$(dirname "$0")/env.sh"
exec "$@"
