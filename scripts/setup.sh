#!/usr/bin/env bash
# setup.sh WHAT…: installs what is missing for `run`, `dist`, `test`, `lint` or `weight`, and says so. When all is there it takes about a second.
#
# 1. the machine: rustc, node, a C compiler (Debian packages where apt exists)
# 2. the wasm32 half of the standard library (wasm-target.sh)
# 3. cargo-leptos and the wasm-bindgen of Cargo.lock
# 4. npm packages: binaryen (wasm-opt), Swagger UI and ReDoc, which go into the binary, Playwright, axe, jose
# 5. for `dist` cargo-cyclonedx, for `test` a Chromium, nginx, openssl, PostgreSQL and MariaDB, for `lint` cargo-deny, for `weight` twiggy
# 6. for `test` the Python libraries with which other applications make their databases and verify tokens, and schemathesis, in target/python
. "$(dirname "$0")/env.sh"
. scripts/database-servers.sh

node_needed=20
leptos_version=0.3.10 # the newest that builds with rustc 1.95
deny_version=0.20.2
twiggy_version=0.8.0
cyclonedx_version=0.5.9

what=" ${*:-run} "
did_something=

wanted() { case $what in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

step() {
  did_something=yes
  say "set-up: $1 (about $2)"
}

# --- 1. the machine

rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

at_least() { # at_least HAVE WANT: compares "1.95" with "1.100" as numbers
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

# The tests start servers of their own; Debian's packages start one for the whole machine as soon as they are installed.
keep_off() { # keep_off SERVICE
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --quiet --now "$1" || say "set-up: $1 was installed and may be running; stop it if you do not want it"
  elif has service; then
    as_root service "$1" stop >/dev/null 2>&1 || true
  fi
}

# PostgreSQL's makes a cluster for the whole machine, and starts it, unless this file says no. Afterwards the file goes: who installs
# another PostgreSQL one day may want that cluster.
no_cluster=/etc/postgresql-common/createcluster.d/latchkey.conf
forbid_cluster() {
  trap allow_cluster EXIT
  as_root sh -c "mkdir -p '${no_cluster%/*}' && echo 'create_main_cluster = off' >'$no_cluster'"
}
allow_cluster() {
  trap - EXIT
  as_root rm -f "$no_cluster"
}

# packages NAME…: Debian packages, by apt.
packages() {
  local name by_hand="sudo apt-get update && sudo apt-get install --no-install-recommends -y $*"
  step "Debian packages: $*" "1 minute"
  [ "$(id -u)" = 0 ] || has sudo || fail "Packages are missing, and this is neither root nor a user with sudo." "su -c 'apt-get update && apt-get install --no-install-recommends -y $*'"
  case " $* " in *" postgresql "*) forbid_cluster ;; esac
  as_root apt-get -o DPkg::Lock::Timeout=300 update -qq || say "set-up: apt-get update complained; trying all the same"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --no-install-recommends -y -qq "$@" >/dev/null ||
    fail "apt-get could not install: $*" "$by_hand"
  for name in "$@"; do
    case $name in postgresql) allow_cluster ;; nginx) keep_off nginx ;; mariadb-server) keep_off mariadb ;; esac
  done
}

# by_hand DEBIAN FEDORA BREW: the same thing under the three names, for a machine without apt.
by_hand() {
  if has brew; then say "brew install $3"; elif has dnf; then say "sudo dnf install $2"; else say "(your system's packages for: $1)"; fi
}

# suite_without SERVER COMMAND: on a machine without apt the tests do without a database server, but CI does not.
suite_without() {
  [ "${CI:-}" != true ] || fail "$1 is missing; CI runs the tests on it too." "$2"
  printf '\n*** set-up: %s is missing, so its test suite will be SKIPPED. To have it: %s\n\n' "$1" "$2" >&2
}

machine() {
  has rustc cargo || fail "Rust is missing; rustc $rust_needed or newer is needed." "install rustup (https://rustup.rs), then: rustup toolchain install stable"
  local rust node missing=
  rust=$(rustc --version | awk '{ print $2 }')
  at_least "${rust%%-*}" "$rust_needed" || fail "rustc $rust is too old; $rust_needed or newer is needed." "rustup update stable"

  has node npm || fail "Node.js is missing; $node_needed or newer, with npm, is needed." "$(by_hand 'nodejs npm' nodejs node)"
  node=$(node --version)
  at_least "${node#v}" "$node_needed" || fail "Node.js $node is too old; $node_needed or newer is needed." "$(by_hand nodejs nodejs node)"

  has cc || missing="build-essential"
  if ! leptos_is_there; then
    has pkg-config || missing="$missing pkg-config"
    has pkg-config && pkg-config --exists openssl || missing="$missing libssl-dev"
  fi
  if wanted test && grep -qs '^ID=debian' /etc/os-release; then # Ubuntu's package only points to a snap
    [ -x /usr/bin/chromium ] || missing="$missing chromium"
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    # A browser without fonts draws boxes, and axe then measures boxes.
    ls /usr/share/fonts/truetype/*/* >/dev/null 2>&1 || missing="$missing fonts-dejavu-core"
  fi
  if wanted test; then
    # Production mode is tested behind nginx with TLS. Debian keeps nginx where only root's PATH leads.
    PATH="$PATH:/usr/sbin" has nginx || missing="$missing nginx"
    has openssl || missing="$missing openssl"
    has curl || missing="$missing curl"
    if has apt-get; then
      [ -n "$(postgres_bin)" ] || missing="$missing postgresql"
      [ -n "$(mariadb_bin)" ] || missing="$missing mariadb-server"
    else
      [ -n "$(postgres_bin)" ] || suite_without PostgreSQL "$(by_hand postgresql postgresql-server postgresql@15)"
      [ -n "$(mariadb_bin)" ] || suite_without MariaDB "$(by_hand mariadb-server mariadb-server mariadb)"
    fi
  fi
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086 # a list of names
  if has apt-get; then
    packages $missing
  elif wanted test && case $missing in *nginx* | *openssl* | *curl*) true ;; *) false ;; esac; then
    fail "The tests need curl, and nginx with TLS; missing:$missing." "$(by_hand "$missing" "$missing" "$missing")"
  elif has cc; then
    # cargo-leptos brings its own OpenSSL when the system has none: it takes three minutes more.
    has perl || fail "Building OpenSSL needs perl." "$(by_hand 'perl pkg-config libssl-dev' 'perl pkgconf openssl-devel' 'openssl pkgconf')"
  else
    fail "A C compiler is missing." "$(if [ "$(uname)" = Darwin ]; then say 'xcode-select --install'; else by_hand build-essential gcc gcc; fi)"
  fi
}

# --- 3. tools written in Rust

# tool CRATE VERSION TIME COMMAND…: by binstall in seconds where it can, else from source. The fast profile matters more than a fast tool:
# cargo-leptos takes 5 to 7 minutes with it on 2 cores and over 23 without.
tool() {
  local crate=$1 version=$2 time=$3 features="${4:-}" ssl="" command
  if has cargo-binstall; then
    step "$crate $version, ready-made" "20 seconds"
    within 180 cargo-binstall --no-confirm --disable-telemetry --disable-strategies compile "$crate@$version" </dev/null && return 0
    say "set-up: no ready-made $crate; building it"
  fi
  if has pkg-config && pkg-config --exists openssl; then ssl="OPENSSL_NO_VENDOR=1 "; fi
  command="${ssl}CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0 cargo install --force $features $crate@$version"
  step "$crate $version, from source" "$time"
  # CARGO_TARGET_DIR would mix the tool's build into ours, and keep it.
  # shellcheck disable=SC2086 # a list of settings and arguments
  env -u CARGO_TARGET_DIR $command --quiet </dev/null || fail "$crate $version could not be installed." "$command"
}

version_of() { "$@" --version 2>/dev/null | awk '{ print $2; exit }' || true; }

leptos_is_there() { [ "$(version_of cargo-leptos)" = "$leptos_version" ]; }

tools() {
  # no_downloads: a missing tool is an error at once, not a download that hangs.
  leptos_is_there || tool cargo-leptos "$leptos_version" "5 to 10 minutes on 2 cores" "--locked --features no_downloads"

  # wasm-bindgen's two halves must be of one version. Its own --locked list names a crate that is gone.
  local bindgen
  bindgen=$(locked_version wasm-bindgen)
  [ "$(version_of wasm-bindgen)" = "$bindgen" ] || tool wasm-bindgen-cli "$bindgen" "2 minutes on 2 cores"

  if wanted dist && [ "$(version_of cargo cyclonedx)" != "$cyclonedx_version" ]; then
    tool cargo-cyclonedx "$cyclonedx_version" "2 minutes on 2 cores" --locked
  fi
  if wanted lint && [ "$(version_of cargo-deny)" != "$deny_version" ]; then
    tool cargo-deny "$deny_version" "4 minutes on 2 cores" --locked
  fi
  if wanted weight && [ "$(version_of twiggy)" != "$twiggy_version" ]; then
    tool twiggy "$twiggy_version" "1 minute on 2 cores"
  fi
}

# --- 4. and 5. npm packages, and a browser where apt has none

npm_packages() {
  local stamp=node_modules/.latchkey-lock
  cmp -s package-lock.json "$stamp" && return 0
  step "npm packages: wasm-opt, Swagger UI, ReDoc, Playwright, axe, jose" "10 seconds"
  # No package of ours needs an install script, so none may run.
  npm ci --ignore-scripts --no-fund --no-audit --loglevel=error </dev/null || fail "npm could not fetch the packages of package-lock.json." "npm ci --ignore-scripts"
  cp package-lock.json "$stamp"
}

browser() {
  wanted test || return 0
  [ ! -x /usr/bin/chromium ] || return 0
  # It prints nothing and returns at once when the right one is there.
  [ -n "$(find "${PLAYWRIGHT_BROWSERS_PATH:-${HOME:-}/.cache/ms-playwright}" "${HOME:-}/Library/Caches/ms-playwright" -maxdepth 1 -name 'chromium*' 2>/dev/null | head -n 1)" ] ||
    step "Chromium, from Playwright" "1 minute"
  playwright install chromium || fail "Playwright could not fetch its Chromium." "npx playwright install --with-deps chromium"
}

# --- 6. Python, for the tests of the import and of the API

python() {
  local folder=target/python wanted_list=tests/support/requirements.txt
  wanted test || return 0
  ! cmp -s $wanted_list $folder/.latchkey-lock || return 0
  has python3 || fail "Python is missing; the tests need python3 with venv and pip." "$(by_hand python3-venv python3 python)"
  step "Python libraries for the tests of the import and of the API" "20 seconds"
  python3 -m venv --clear $folder || fail "Python could not make $folder; its module venv may be missing." "$(by_hand python3-venv python3 python)"
  $folder/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --requirement $wanted_list </dev/null ||
    fail "pip could not fetch the packages of $wanted_list." "$folder/bin/python -m pip install --requirement $wanted_list"
  cp $wanted_list $folder/.latchkey-lock
}

for name in ${what}; do
  case $name in run | dist | test | lint | weight) ;; *) fail "setup.sh: unknown '$name'; it knows run, dist, test, lint and weight." ;; esac
done

SECONDS=0
machine
scripts/wasm-target.sh
tools
npm_packages
browser
python
if [ -n "$did_something" ]; then say "set-up: done in $SECONDS s"; else say "set-up: nothing is missing for$what"; fi
