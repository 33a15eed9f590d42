#!/bin/sh
# Teach a small model in rounds, beside one that takes the same steps again without new episodes, and play the red cup with each in
# COUNT validation scenes. It learns from the recordings of the ablations, which are made first. What is finished is kept.
#   [COUNT=200] benchmarks/rounds/run.sh      then: python benchmarks/rounds/tables.py
cd "$(dirname "$0")/../.." || exit 1
sh benchmarks/ablations/record.sh slots || exit 1
out=runs/rounds
.venv/bin/foresee train benchmarks/rounds/train.yaml --out $out/play < /dev/null || exit 1
again() {
    [ -d "$out/$2/checkpoint" ] || .venv/bin/foresee train benchmarks/ablations/train.yaml "init_from=$out/$1/checkpoint" look.steps=500 \
        look.rate=5.0e-4 settle.steps=500 settle.rate=8.0e-4 --out "$out/$2" < /dev/null || exit 1
}
again play/round0 again1
again again1 again2
for model in play/round0 play/round1 play/round2 again1 again2; do
    OMP_NUM_THREADS=1 .venv/bin/foresee run red_cup "world_model.checkpoint=$out/$model/checkpoint" "methods=[planner]" films=0 \
        scenes.split=validation "scenes.count=${COUNT:-200}" --out "$out/red_cup/$(basename $model)" < /dev/null || exit 1
done
