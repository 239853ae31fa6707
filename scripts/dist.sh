#!/usr/bin/env bash
# make dist: target/dist/latchkey, which needs nothing beside it; its checksum; and what it is made of, as CycloneDX.
. "$(dirname "$0")/env.sh"

SECONDS=0
scripts/setup.sh run dist
scripts/build-release.sh
say "dist: the list of what is inside, and the checksum"
cargo cyclonedx --quiet --format json --spec-version 1.5 --features ssr,hydrate --no-build-deps --override-filename latchkey.cdx ||
  fail "dist: cargo cyclonedx failed; its messages are above."
# Where it was built is nobody's business.
sed "s#path+file://$root##g; s#$root##g" latchkey.cdx.json >target/dist/latchkey.cdx.json
rm latchkey.cdx.json
node scripts/list-packages.mjs target/dist/latchkey.cdx.json || fail "dist: the npm packages could not be listed."
node -e '
  const { bomFormat, components } = JSON.parse(require("fs").readFileSync("target/dist/latchkey.cdx.json", "utf8"));
  const names = new Set(components.map((component) => component.name));
  const missing = ["argon2", "axum", "leptos", "libsqlite3-sys", "redoc", "swagger-ui-dist", "wasm-bindgen"].filter((name) => !names.has(name));
  if (bomFormat !== "CycloneDX" || missing.length) throw new Error(`the list of what is inside lacks ${missing}`);
' || fail "dist: target/dist/latchkey.cdx.json is not what it should be."
(cd target/dist && sha256 latchkey latchkey.cdx.json >SHA256SUMS)
say "dist: done in $SECONDS s:"
ls -l target/dist
