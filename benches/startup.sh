#!/usr/bin/env bash
# Whole processes in turn: `capuchin list users` against curl on the same signed URL, on a cloud with 554 APIs cached.
# Prints medians in milliseconds and their ratio. Needs curl and python3; run after `cargo build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 benches/startup.py "${1:-41}"
