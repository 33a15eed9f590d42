#!/bin/sh
# Train on the rail with every share of labels, with video and without, from each of SEEDS, and play COUNT test scenes with each
# model; what is finished is kept, and the same command goes on from there. With video and without run side by side, a thread each.
#   [SEEDS="0 1 2"] [COUNT=200] benchmarks/labels/run.sh [SHARE]...      then: python benchmarks/labels/tables.py
cd "$(dirname "$0")/../.." || exit 1
export OMP_NUM_THREADS=1
trap 'kill 0' INT # what runs in the background would not hear Ctrl-C
one() { # ARM SHARE-OF-VIDEO SHARE-OF-LABELS SEED
    out=runs/labels/$1/$3/$4
    .venv/bin/foresee train benchmarks/labels/train.yaml --out "$out" "labels=$3" "unlabelled=$2" "seed=$4" || return 1
    .venv/bin/foresee run benchmarks/labels/rail.yaml --out "$out/run" "world_model.checkpoint=$out/checkpoint" \
        "scenes.count=${COUNT:-200}"
}
for what in data video; do
    .venv/bin/foresee collect benchmarks/labels/$what.yaml --out runs/labels/$what || exit 1
done
for seed in ${SEEDS:-0 1 2}; do
    for share in 0.01 0.025 0.05 0.1 0.2 0.25 1.0; do
        case " ${*:-$share} " in *" $share "*) ;; *) continue ;; esac
        one with 0.5 "$share" "$seed" &
        one without 0.0 "$share" "$seed"
        done=$?
        wait $! && [ $done = 0 ] || exit 1
    done
done
