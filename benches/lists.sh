#!/usr/bin/env bash
# A list of 10,000 machines (22 MB) in every form, beside curl alone and `curl | jq .`: seconds and peak memory, and their
# ratios to curl's seconds and to the answer's size, as medians of whole processes in turn. `lists.sh large` has a list of
# 200 MB, as one answer and in pages of 500. Needs curl, jq and python3; run after `cargo build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 benches/lists.py "$@"
