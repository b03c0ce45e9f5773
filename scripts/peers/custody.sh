#!/usr/bin/env bash
# Sets up what the tests of the connectors talk to: SoftHSM with OpenSC's tool, and a SCIM server.
# Can be run again at any time. Where something cannot be had it says so and goes on: the tests
# that need it then say that they skip.
set -uo pipefail
cd "$(dirname "$0")/../.."
# CUSTODY_PEERS names another folder for what is installed outside the system.
peers=${CUSTODY_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/custody-peers}

softhsm() {
  if command -v softhsm2-util > /dev/null && command -v pkcs11-tool > /dev/null; then
    echo "softhsm2 and opensc: there already"
    return
  fi
  if ! command -v apt-get > /dev/null; then
    echo "softhsm2 and opensc: not there, and this is no Debian: install them by hand"
    return
  fi
  local elevate=()
  if [ "$(id -u)" -ne 0 ]; then elevate=(sudo -n); fi
  if { "${elevate[@]}" apt-get update && "${elevate[@]}" apt-get install -y --no-install-recommends softhsm2 opensc; } \
    > "$peers/apt.log" 2>&1; then
    echo "softhsm2 and opensc: installed"
  else
    echo "softhsm2 and opensc: cannot be installed: $(tail -n 1 "$peers/apt.log")"
  fi
}

scim() {
  local folder=$peers/scim requirements=scripts/peers/scim-requirements.txt
  if cmp -s "$requirements" "$folder/installed.txt"; then
    echo "scim2-server: there already"
    return
  fi
  if rm -rf "$folder" && python3 -m venv "$folder" > "$peers/scim.log" 2>&1 \
    && "$folder/bin/pip" install --disable-pip-version-check --no-deps -r "$requirements" >> "$peers/scim.log" 2>&1; then
    cp "$requirements" "$folder/installed.txt"
    echo "scim2-server: installed in $folder"
  else
    echo "scim2-server: cannot be installed: $(tail -n 1 "$peers/scim.log")"
  fi
}

if [ "${1:-}" = "--where" ]; then
  echo "$peers"
  exit 0
fi
mkdir -p "$peers"
softhsm
scim
exit 0
