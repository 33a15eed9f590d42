#!/bin/sh
# Teach every head of `heads.py` on the shipped checkpoint and play the red cup with each in COUNT validation scenes: alone, which is
# the middle chunk, and as the only proposer of 16 chunks of which the planner takes the best. What is finished is kept.
#   [COUNT=100] benchmarks/heads/run.sh DATASET...      then: python benchmarks/heads/tables.py
cd "$(dirname "$0")/../.." || exit 1
.venv/bin/python benchmarks/heads/train.py "$@" || exit 1
for head in runs/heads/*.pt; do
    name=$(basename "$head" .pt)
    for run in alone best; do
        case $run in
            alone) how='methods=[policy]' ;;
            best) how='methods=[planner] search={"_target_":"planner.shooting.RandomShooting"} planner.candidates=16
                planner.iterations=1 planner.keep=0 planner.polish=null planner.try_mean=false
                planner.proposals={"last":null,"primitives":null,"waypoints":null,"acting":{"_target_":"planner.acting.Acting","share":1.0}}' ;;
        esac
        # shellcheck disable=SC2086  # one word per override
        PYTHONPATH=benchmarks/heads OMP_NUM_THREADS=1 .venv/bin/foresee run red_cup --plugin heads --out "runs/heads/$name/$run" \
            "world_model={_target_: heads.Headed, checkpoint: tabletop, head: $head, members: 2}" films=0 scenes.split=validation \
            "scenes.count=${COUNT:-100}" $how </dev/null || exit 1
    done
done
