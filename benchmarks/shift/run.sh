#!/bin/sh
# Run the red cup within the ranges of training, and under every shift, on COUNT scenes each; what is finished is kept, and the same
# command goes on from there. Scenes have the same seeds, but for those that the scripted expert does not solve.
#   [COUNT=100] benchmarks/shift/run.sh [KEY=VALUE]...      then: python benchmarks/shift/tables.py
cd "$(dirname "$0")/../.." || exit 1
for name in red_cup $(cd configs && ls shift/*.yaml); do
    name=${name%.yaml}
    OMP_NUM_THREADS=1 .venv/bin/foresee run "$name" --out "runs/shift/${name#shift/}" films=0 "scenes.count=${COUNT:-100}" \
        "methods=[planner, scripted, random, idle]" "$@" || exit 1
done
