#!/usr/bin/env bash
# each-database.sh COMMAND…: runs COMMAND once for each kind of database, whose name it finds in TEST_DATABASE. Under with-databases.sh.
. "$(dirname "$0")/env.sh"

for kind in sqlite postgres mariadb; do
  say
  say "=== $kind"
  TEST_DATABASE=$kind "$@"
done
