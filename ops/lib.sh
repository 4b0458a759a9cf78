# shellcheck shell=bash
# What `ops/run` and `ops/test` share. Sourced, from any folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=(redis-server postgresql libpq-dev libhiredis-dev libcurl4-openssl-dev libssl-dev zlib1g-dev pkg-config curl)

say() { printf '\033[1m%s\033[0m\n' "$*"; }
fail() { printf '%s\n' "$@" >&2; exit 1; }

# The version is the one that Package.swift asks for, so that the two never disagree.
need_swift() {
    local wanted found
    wanted=$(sed -n '1s/.*swift-tools-version: *//p' "$root/Package.swift")
    command -v swift >/dev/null ||
        fail "Swift $wanted or newer is needed and there is no 'swift' on the PATH." "Install it from https://www.swift.org/install/linux/ and start again."
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
    [[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1) == "$wanted" ]] ||
        fail "Swift $wanted or newer is needed, this is ${found:-of an unknown version} ($(command -v swift))." \
            "Install it from https://www.swift.org/install/linux/ and start again."
}

# need_packages [MORE…]: installs what is missing of the Debian packages, and nothing when all are there.
need_packages() {
    local name missing=() install
    for name in "${packages[@]}" "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    install="apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || fail "These Debian packages, or what holds them on this system, are needed: ${missing[*]}"
    may_be_root || fail "Some packages are missing and this user may not install them. Type this and start again:" "  sudo $install"
    say "Installing ${missing[*]}"
    (
        keep_services_down
        # Lists of yesterday may do, so a mirror that is away is no reason to stop yet.
        apt update || true
        apt install --no-install-recommends "${missing[@]}" || { sleep 5 && apt update && apt install --no-install-recommends "${missing[@]}"; } ||
            fail "The packages could not be installed. Type this and start again:" "  $install"
        for name in redis-server postgresql prometheus; do
            # Only what was installed just now: a server that was here before is its owner's.
            [[ " ${missing[*]} " != *" $name "* ]] || ! command -v systemctl >/dev/null || as_root systemctl disable --quiet "$name" || true
        done
    )
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y -q "$@" </dev/null; }

# We start our own private servers. Debian would start system-wide ones with the packages: it asks this file first, and 101 means no.
keep_services_down() {
    local policy=/usr/sbin/policy-rc.d
    [[ ! -e $policy ]] || return 0
    # shellcheck disable=SC2064 # the path is known now
    trap "as_root rm -f $policy" EXIT
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy"
}

as_root() { if ((EUID == 0)); then "$@"; elif [[ -t 0 ]]; then sudo "$@"; else sudo -n "$@"; fi; }

# Without a terminal nobody can type a password.
may_be_root() { ((EUID == 0)) || { command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; }; }

# build ARGUMENTS…: `swift build` with its own progress line on a terminal, with one every half minute elsewhere. Its exit status.
build() {
    local log=$root/.build/build.log status=0 started=$SECONDS next=30 job
    if [[ -t 1 ]]; then
        swift build --package-path "$root" "$@"
        return
    fi
    mkdir -p "$root/.build"
    swift build --package-path "$root" "$@" >"$log" 2>&1 </dev/null &
    job=$!
    while kill -0 $job 2>/dev/null; do
        sleep 0.2
        ((SECONDS - started >= next)) || continue
        printf 'building, %d s: %s\n' "$next" "$(tail -n 1 "$log")"
        ((next += 30))
    done
    wait $job || status=$?
    if ((status)); then grep -E -A 8 'error:|warning:' "$log" || tail -n 40 "$log"; else tail -n 1 "$log"; fi
    return $status
}

# The Python that other people's clients run in, with the pinned versions of Tests/Conformance/requirements.txt.
need_conformance() {
    local wanted=$root/Tests/Conformance/requirements.txt home=$root/.venv-conformance
    if cmp -s "$wanted" "$home/installed.txt"; then return; fi
    need_packages python3-venv python3-pip
    say "Installing the conformance clients into .venv-conformance"
    [[ -x $home/bin/pip ]] || python3 -m venv --clear "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check --no-input --requirement "$wanted"
    cp "$wanted" "$home/installed.txt"
}
