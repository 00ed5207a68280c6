#!/usr/bin/env bash
# Eight clients for 60 s over 10,000 machines of the built-in cloud, through another's client library: lists, and machines
# and volumes from deploying to destroying. Prints how many calls of each API there were and how long they took, and
# checks that nothing that was acknowledged is lost, then again after the server is killed in the middle. `load.sh SECONDS
# [CLIENTS]`. Needs python3; run after `cargo build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tests/interop/install.sh
exec target/interop/bin/python benches/load.py "$@"
