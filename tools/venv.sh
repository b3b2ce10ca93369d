#!/usr/bin/env bash
# tools/venv.sh REQUIREMENT: installs this project ('.' or '.[test]') into .venv, which it makes where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  local name
  for name in "${PYTHON:-python3.11}" python3 python3.12 python3.13 python3.14; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "No Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python." >&2
  return 1
}

if ! .venv/bin/python -c '' 2>/dev/null; then
  python=$(find_python)
  "$python" -c 'import ensurepip' 2>/dev/null || tools/debian.sh python3-venv
  "$python" -m venv .venv
fi
echo "Installing $1 into .venv ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
