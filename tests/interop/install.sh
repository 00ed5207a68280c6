#!/usr/bin/env bash
# Makes target/interop, the Python environment with other people's clients that the tests in this folder drive, unless it
# is there with these versions. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=tests/interop/requirements.txt
made=target/interop
if [ -x "$made/bin/python" ] && cmp -s "$wanted" "$made/requirements.txt"; then
    exit
fi
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    apt-get update -qq
    apt-get install -y -qq python3 python3-venv
fi
rm -rf "$made"
python3 -m venv "$made"
"$made/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$wanted"
cp "$wanted" "$made/requirements.txt"
# The build looks at the environment anew when this is newer than it.
touch "$wanted"
