#!/bin/sh
# Play the red cup with every finished variant in COUNT validation scenes; what is finished is kept.
#   [COUNT=100] benchmarks/ablations/play.sh [VARIANT]...      then: python benchmarks/ablations/tables.py
cd "$(dirname "$0")/../.." || exit 1
while read -r name _; do
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    checkpoint=runs/ablations/$name/checkpoint
    [ -d "$checkpoint" ] || continue
    how="world_model.checkpoint=$checkpoint"
    case $name in
        px_96) how="$how env.size=96" ;;
        one_camera) how="$how env.cameras=[front]" ;;
        members_1) how="$how world_model.members=1" ;;
        members_8) how="$how world_model.members=8" ;;
        vector*) how="world_model={\"_target_\":\"worldmodel.latent.Latent\",\"checkpoint\":\"$checkpoint\",\"members\":2}" ;;
    esac
    # shellcheck disable=SC2086  # one word per override
    OMP_NUM_THREADS=1 .venv/bin/foresee run red_cup $how "methods=[planner]" films=0 scenes.split=validation \
        "scenes.count=${COUNT:-100}" --out "runs/ablations/$name/red_cup" < /dev/null || exit 1
done < benchmarks/ablations/variants.txt
