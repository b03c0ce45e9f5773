#!/bin/sh
# Sets up the language-model servers that the tests talk to: a small real one over a model with
# random weights, and a gateway. Both live in a folder outside the repository and are built once.
#
#   scripts/peers/llm.sh          sets up what is not there yet
#   scripts/peers/llm.sh --where  prints the folder
#
# CUSTODY_PEERS names another folder. Needs python3 with venv, and a C++ compiler.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
peers=${CUSTODY_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/custody-peers}
if [ "${1:-}" = "--where" ]; then
    echo "$peers"
    exit 0
fi
mkdir -p "$peers"

# A virtual environment with exactly the packages of a list; made anew when the list changes.
environment() {
    name=$1
    list="$here/$name.txt"
    if [ -x "$peers/$name/bin/python" ] && cmp -s "$list" "$peers/$name/installed.txt"; then
        echo "$name: in place"
        return
    fi
    echo "$name: being set up in $peers/$name"
    rm -rf "$peers/$name"
    python3 -m venv "$peers/$name"
    "$peers/$name/bin/pip" install --quiet --disable-pip-version-check -r "$list"
    cp "$list" "$peers/$name/installed.txt"
}

# The library's own options: any x86-64 machine can use the result, and no image models are built.
export CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF"
environment llama
environment litellm

# Models differ by the seed of their weights.
for seed in 1 2 3 4; do
    "$peers/llama/bin/python" "$here/tiny_gguf.py" "$seed" "$peers/tiny-$seed.gguf" \
        "$root"/prompts/*.md "$root/tests/snapshots/journey_agent__first_request.snap"
done
echo "models: $peers/tiny-1.gguf to tiny-4.gguf"
