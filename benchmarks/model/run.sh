#!/bin/sh
# Measure the world model of an experiment: calibrate its limits on COUNT validation scenes, then, on others, compare what is
# imagined with what happens, on chunks of every kind and on longer ones, and weigh chunks from one state. What is finished is kept.
#   [COUNT=200] benchmarks/model/run.sh [CONFIG]...      then: python benchmarks/model/tables.py
cd "$(dirname "$0")/../.." || exit 1
export OMP_NUM_THREADS=1
for config in "${@:-red_cup}"; do
    out=runs/model/$(basename "$config")
    mkdir -p "$out"
    [ -f "$out/calibrated" ] || .venv/bin/foresee calibrate "$config" workers=2 --scenes "${COUNT:-200}" > "$out/calibrated.part" || exit 1
    [ -f "$out/calibrated" ] || mv "$out/calibrated.part" "$out/calibrated"
    for chunks in chosen blind random scripted extreme; do
        file=$out/model_$chunks.json
        [ "$chunks" = chosen ] && file=$out/model.json
        [ -f "$file" ] || .venv/bin/foresee bench model "$config" workers=2 --scenes "${COUNT:-200}" --chunks $chunks --out "$out" || exit 1
    done
    [ -f "$out/long/model.json" ] ||
        .venv/bin/foresee bench model "$config" planner.horizon=20 workers=2 --scenes "${COUNT:-200}" --out "$out/long" || exit 1
    [ -f "$out/choices.json" ] || .venv/bin/foresee bench choices "$config" workers=2 --scenes 64 --out "$out" || exit 1
done
