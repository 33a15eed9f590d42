#!/bin/sh
# Record what variants learn from, with slots or without, in other sizes and with fewer cameras; what is finished is kept.
#   benchmarks/ablations/record.sh [RECORDING]...
cd "$(dirname "$0")/../.." || exit 1
export OMP_NUM_THREADS=1
for name in ${*:-slots px_96 one_camera vector}; do
    case $name in
        slots) how= ;;
        px_96) how=env.size=96 ;;
        one_camera) how='env.cameras=[front]' ;;
        vector) how=env.slots=false ;;
        *) echo "there is no recording '$name'; choose slots, px_96, one_camera or vector." >&2; exit 2 ;;
    esac
    # shellcheck disable=SC2086  # nothing, where nothing differs
    .venv/bin/foresee collect benchmarks/ablations/episodes.yaml --out "runs/ablations/data/$name" $how &&
        .venv/bin/foresee collect benchmarks/ablations/glances.yaml --out "runs/ablations/data/${name}_glances" $how || exit 1
done
