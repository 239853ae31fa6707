#!/usr/bin/env bash
# check-deploy.sh: what can be said about the files in deploy/ without a server to deploy to. All checks run, also after one failed.
# A tool that is not installed is a check left out, and said so; in CI (CI=true) systemd and nginx must be there.
. "$(dirname "$0")/env.sh"
PATH="$PATH:/usr/sbin:/sbin"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=
check() { # check NAME COMMAND…; `set -e` does not reach into a function that is asked like this
  local name=$1
  shift
  if "$@" >"$scratch/log" 2>&1; then say "deploy: $name ok"; else
    cat "$scratch/log"
    say "deploy: $name FAILED"
    failed="$failed $name,"
  fi
}
left_out() { # left_out NAME REASON
  say "deploy: $1 LEFT OUT: $2"
}
needed() { # needed COMMAND…: true when they are there; in CI they must be
  if has "$@"; then return 0; fi
  left_out "$*" "not installed"
  if [ "${CI:-}" = true ]; then failed="$failed $*,"; fi
  return 1
}

# The highest exposure that systemd-analyze may find, times ten; README.md names what it finds.
exposure=15

unit_verifies() { # unit_verifies UNIT INSTANCE: with a command that is there: the unit's own is not installed here
  sed 's|^ExecStart=/usr/local/bin/latchkey|ExecStart=/bin/true|' "deploy/$1" >"$scratch/$1"
  (cd "$scratch" && systemd-analyze verify "./$2") 2>&1 | tee "$scratch/verify"
  # It also exits with 0 after a line that it did not understand.
  [ ! -s "$scratch/verify" ]
}
restarts() { # restarts: as README.md promises: always, but not after a mistake in the settings, nor for ever
  local line
  for line in Restart=always RestartPreventExitStatus=2 StartLimitIntervalSec=60 StartLimitBurst=5; do
    grep -qx "$line" deploy/latchkey.service || { echo "deploy/latchkey.service has no $line" && return 1; }
  done
}
template_is_the_unit() { # the two units differ in what a port and a folder need, and in nothing else
  diff <(grep -vE '^(#|Description=|ExecStart=|StateDirectory|WorkingDirectory=)' deploy/latchkey.service) \
    <(grep -vE '^(#|Description=|ExecStart=|WorkingDirectory=)' deploy/latchkey@.service) &&
    grep -qx 'ExecStart=/usr/local/bin/latchkey --config /etc/latchkey/latchkey.toml --listen 127.0.0.1:%i' deploy/latchkey@.service
}
# deploy/nginx.conf with a line for each of three processes, as README.md has it; behind the check of it as it is.
several_are_right() {
  local folder=$scratch/nginx/nginx
  sed 's|^\( *server \)127.0.0.1:3120\( max_fails=0;\)|&\n\1127.0.0.1:3121\2\n\1[::1]:3122\2|' "$folder/latchkey.conf" >"$folder/several.conf"
  [ "$(grep -c 'max_fails=0;' "$folder/several.conf")" = 3 ] || return 1
  sed 's|/latchkey.conf;|/several.conf;|' "$folder/nginx.conf" >"$folder/several-nginx.conf"
  nginx -e stderr -p "$folder" -c "$folder/several-nginx.conf" -t
}
compose_is_right() { # read by what is there; then what no schema knows: addresses, and settings that Latchkey has
  if docker compose version >/dev/null 2>&1; then
    (cp deploy/compose.yaml "$scratch/" && cd "$scratch" && touch latchkey.env database_password nginx.conf && docker compose config --quiet) || return 1
  fi
  node -e '
    const { services, networks, secrets, volumes } = require("js-yaml").load(require("fs").readFileSync("deploy/compose.yaml", "utf8"));
    const settings = require("fs").readFileSync("src/server/config/settings.rs", "utf8");
    const assert = require("assert");
    const ours = Object.keys(services).filter(name => name.startsWith("latchkey-"));
    assert.strictEqual(ours.length, 3);
    assert.deepStrictEqual(Object.keys(services).filter(name => !ours.includes(name)), ["postgres", "nginx"]);
    for (const name of ours) {
      const { environment, healthcheck, networks: { inside } } = services[name];
      for (const variable of Object.keys(environment)) assert(settings.includes(`"${variable}"`), variable);
      assert.strictEqual(environment.LATCHKEY_TRUSTED_PROXIES, services.nginx.networks.inside.ipv4_address);
      assert.deepStrictEqual(healthcheck.test, ["CMD", "/latchkey", "health"]);
      assert.strictEqual(services[name].ports, undefined);
      assert(require("fs").readFileSync("README.md", "utf8").includes(`server ${inside.ipv4_address}:3000 max_fails=0;`), inside.ipv4_address);
    }
    assert(services.postgres.secrets.every(name => secrets[name]) && "postgres" in volumes && networks.inside.internal);
  '
}
# Plain http leads to https, but for what proves to a certificate's maker whose the name is.
http_is_right() {
  local folder=$scratch/nginx/nginx url=http://localhost:3121 id try answer
  mkdir -p "$folder/webroot/.well-known/acme-challenge"
  echo proof >"$folder/webroot/.well-known/acme-challenge/token"
  nginx -e stderr -p "$folder" -c "$folder/nginx.conf" &
  id=$!
  for try in $(seq 100); do
    if answer=$(curl --silent --show-error "$url/.well-known/acme-challenge/token"); then break; fi
    sleep 0.1
  done
  answer="$answer $(curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' "$url/login?x=y")" || true
  kill "$id"
  wait "$id" || true
  echo "try $try: $answer"
  [ "$answer" = "proof 301 https://localhost:3119/login?x=y" ]
}
user_is_made() {
  mkdir -p "$scratch/root/etc" &&
    systemd-sysusers --root="$scratch/root" - <deploy/latchkey.sysusers.conf &&
    grep '^latchkey:.*:/var/lib/latchkey:/usr/sbin/nologin$' "$scratch/root/etc/passwd" &&
    grep '^latchkey:' "$scratch/root/etc/group"
}
check restarts restarts
check units template_is_the_unit
if needed systemd-analyze; then
  check unit unit_verifies latchkey.service latchkey.service
  check template unit_verifies latchkey@.service latchkey@3001.service
  check sandbox systemd-analyze security --offline=true --no-pager --threshold=$exposure deploy/latchkey.service
fi
if needed systemd-sysusers; then check user user_is_made; fi
if needed nginx openssl; then
  check nginx scripts/scratch-nginx.sh --check "$scratch/nginx"
  check several several_are_right
  if needed curl; then check http http_is_right; fi
fi

if [ -d node_modules/js-yaml ]; then check compose compose_is_right; else left_out compose "node_modules is missing; scripts/setup.sh brings it"; fi

if has caddy; then
  check caddy caddy validate --adapter caddyfile --config deploy/Caddyfile
else left_out caddy "not installed"; fi

# The image, built and looked at; without the binary of `make dist` there is nothing to put in.
image_is_right() {
  local store=(buildah --storage-driver vfs --root "$scratch/images" --runroot "$scratch/run") container
  "${store[@]}" bud --isolation chroot -f deploy/Dockerfile -t latchkey . || return 1
  container=$("${store[@]}" from latchkey) || return 1
  "${store[@]}" run --isolation chroot "$container" -- /latchkey --version || return 1
  # It is in production mode, knows nothing of its surroundings, and says so.
  if "${store[@]}" run --isolation chroot "$container" -- /latchkey >"$scratch/refusal" 2>&1; then return 1; fi
  cat "$scratch/refusal"
  grep -q 'latchkey: LATCHKEY_LISTEN is 0.0.0.0:3000' "$scratch/refusal" || return 1
  [ "$(stat -c '%u:%g %a' "$("${store[@]}" mount "$container")/data")" = "65532:65532 700" ]
}
if [ ! -x target/dist/latchkey ]; then
  left_out image "target/dist/latchkey is missing; make dist builds it"
elif ! has buildah || [ "$(id -u)" != 0 ]; then
  left_out image "it takes buildah, as root"
else check image image_is_right; fi

[ -z "$failed" ] || fail "deploy: FAILED:${failed%,}"
say "deploy: all ok ($SECONDS s)"
