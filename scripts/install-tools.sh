#!/bin/sh
# Makes sure that nmap is there: installs it where apt-get can, else says what to do.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

if have nmap; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if have sudo; then as_root="sudo"; else as_root="none"; fi
fi

if ! have apt-get || [ "$as_root" = none ]; then
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

echo "nmap is missing: installing it with apt-get" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nmap
