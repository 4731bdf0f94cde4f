#!/usr/bin/env bash
# Install the Debian packages that the tests use. Without root, name the missing ones and fail.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }

need redis-server redis-server
need chromium chromium
need nginx nginx-light
need curl curl
need sqlite3 sqlite3
need softhsm2-util softhsm2
need systemd-analyze systemd
need firefox-esr firefox-esr  # its driver, Marionette, is built in
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb
need pdftoppm poppler-utils  # reads the posters' PDF
need bsdtar libarchive-tools  # it brings the library that 7z and RAR archives are read with
# Debian keeps PostgreSQL's own programs off PATH.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need initdb postgresql
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing+=(fonts-noto-cjk)

[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "tests need from Debian: ${missing[*]}; install them with: apt-get install ${missing[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing ${missing[*]}"
apt-get update -q >/dev/null
# The packages' own services stay off: the tests start what they need, on other ports.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.pilookup
chmod +x /usr/sbin/policy-rc.d.pilookup
[ -e /usr/sbin/policy-rc.d ] || ln -s policy-rc.d.pilookup /usr/sbin/policy-rc.d
apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
[ "$(readlink /usr/sbin/policy-rc.d 2>/dev/null)" = policy-rc.d.pilookup ] && rm /usr/sbin/policy-rc.d
rm -f /usr/sbin/policy-rc.d.pilookup
