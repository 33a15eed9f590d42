#!/bin/sh
# Run every task with the shipped checkpoint; what is finished is kept, and the same command goes on from there. The scripted
# expert does not take part: scenes that it does not solve are left out beforehand.
#   benchmarks/tasks/run.sh [KEY=VALUE]...      then: python benchmarks/tasks/tables.py
cd "$(dirname "$0")/../.." || exit 1
for file in configs/tasks/*.yaml; do
    name=$(basename "$file" .yaml)
    OMP_NUM_THREADS=1 .venv/bin/foresee run "tasks/$name" --out "runs/tasks/$name" films=0 \
        "methods=[planner, blind, random, idle]" "$@" || exit 1
done
