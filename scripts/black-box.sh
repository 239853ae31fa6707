#!/usr/bin/env bash
# black-box.sh [PYTEST ARGUMENTS…]: tests/black_box, or one of its files, against target/dist/latchkey. BINARY=target/debug/latchkey tries another binary.
. "$(dirname "$0")/env.sh"

binary=${BINARY:-target/dist/latchkey}
[ -x "$binary" ] || fail "$binary is missing." "make dist"
# Nothing is left beside the tests: no bytecode, no cache. Plugins that only happen to be installed stay out.
export BINARY="$binary" PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
cd tests/black_box
exec "$root/target/python/bin/python" -m pytest -p no:cacheprovider -rA --tb=short "$@"
