#!/bin/sh
# Makes sure that nmap is there: installs it where apt-get can, else says what to do.
# With `tests`, the same for what tests use and skip without: `ip`, by which they set up a network
# namespace, and `xmllint` and `ndiff`, which read exports.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

missing=""
have nmap || missing="nmap"
if [ "${1:-}" = tests ] && [ "$(uname)" = Linux ]; then
    have ip || [ -x /sbin/ip ] || missing="$missing iproute2"
    have xmllint || missing="$missing libxml2-utils"
    have ndiff || missing="$missing ndiff"
fi
if [ -z "$missing" ]; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if have sudo; then as_root="sudo"; else as_root="none"; fi
fi

if ! have apt-get || [ "$as_root" = none ]; then
    if have nmap; then
        echo "missing:$missing; tests that need these will be skipped" >&2
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

echo "installing with apt-get what is missing: $missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
# One word for each package.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
