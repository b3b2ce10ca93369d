#!/usr/bin/env bash
# tools/needing.sh PROGRAM "PACKAGE..." COMMAND...: runs COMMAND, which needs PROGRAM of those Debian packages.
# Where the program is not to be had it says so and goes on; in CI that is a failure.
set -euo pipefail
program=$1
read -ra packages <<<"$2"
shift 2
if ! command -v "$program" >/dev/null && ! "$(dirname "$0")/debian.sh" "${packages[@]}"; then
  echo "NOT RUN, for want of $program: $*" >&2
  [ "${CI:-}" != true ]
  exit
fi
exec "$@"
