#!/usr/bin/env bash
# tools/debian.sh PACKAGE...: installs Debian packages where that can be done unasked, else says who has to do what.
set -euo pipefail
root=()
[ "$(id -u)" = 0 ] || root=(sudo -n)
if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
  "${root[@]}" apt-get update -qq
  exec "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@"
fi
echo "Please install: $* (on Debian, as root: apt-get install $*)" >&2
exit 1
