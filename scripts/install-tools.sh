#!/bin/sh
# Makes sure that nmap is there: installs it where apt-get can, else says what to do.
# With `tests`, the same for what tests use and skip without: `ip`, by which they set up a network
# namespace, `xmllint` and `ndiff`, which read exports, and Chromium, which opens the web UI.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

missing=""
have nmap || missing="nmap"
if [ "${1:-}" = tests ] && [ "$(uname)" = Linux ]; then
    have ip || [ -x /sbin/ip ] || missing="$missing iproute2"
    have xmllint || missing="$missing libxml2-utils"
    have ndiff || missing="$missing ndiff"
fi
browser=""
if [ "${1:-}" = tests ] && [ "$(uname)" = Linux ]; then
    have "${CHROMIUM:-chromium}" || browser="chromium"
fi
if [ -z "$missing$browser" ]; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if have sudo; then as_root="sudo"; else as_root="none"; fi
fi

if ! have apt-get || [ "$as_root" = none ]; then
    if have nmap; then
        echo "missing:$missing $browser; tests that need these will be skipped" >&2
        exit 0
    fi
    {
        echo "nmap is missing, and netscan runs it for every scan. Install it and try again:"
        echo "  Debian, Ubuntu:  apt-get install nmap   (as root)"
        echo "  Fedora:          dnf install nmap"
        echo "  Arch:            pacman -S nmap"
        echo "  Alpine:          apk add nmap nmap-scripts"
        echo "  macOS:           brew install nmap"
    } >&2
    exit 1
fi

echo "installing with apt-get what is missing: $missing $browser" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
if [ -n "$browser" ]; then
    # Not every distribution has it under this name, and only `make ui-test` needs it.
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$browser" ||
        echo "no package \`$browser\`: install Chromium, and name it by CHROMIUM=... for \`make ui-test\`" >&2
fi
[ -n "$missing" ] || exit 0
# One word for each package.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
