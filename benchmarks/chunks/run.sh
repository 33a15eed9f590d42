#!/bin/sh
# Run the red cup in COUNT validation scenes with every variant of `variants.txt`: how many actions of a plan are carried out, and how
# long a plan takes. Scenes are the same; what is finished is kept, and the same command goes on from there.
#   [COUNT=100] benchmarks/chunks/run.sh [KEY=VALUE]...      then: python benchmarks/chunks/tables.py
cd "$(dirname "$0")/../.." || exit 1
grep -v '^#' benchmarks/chunks/variants.txt | while read -r name overrides; do
    # shellcheck disable=SC2086  # one word per override
    OMP_NUM_THREADS=1 .venv/bin/foresee run red_cup --out "runs/chunks/$name" films=0 "methods=[planner]" scenes.split=validation \
        "scenes.count=${COUNT:-100}" $overrides "$@" </dev/null || exit 1
done
