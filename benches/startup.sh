#!/usr/bin/env bash
# Whole processes in turn: `capuchin list users` against curl on the same signed URL, on a cloud with 554 APIs cached.
# Prints medians in milliseconds and their ratio; then the time of `capuchin complete`, and of 1,000 calls through one
# `capuchin batch` against 1,000 of curl. Needs curl and python3; run after `cargo build --release` (or CAPUCHIN=path).
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 benches/startup.py "${1:-41}"
