#!/bin/sh
# Is the shipped model truer where its eye learns on from pictures of 96 px? Record, train, and look at what a planner chooses with
# it; keeps `sharper.json` beside this file, to compare with `benchmarks/model/model.json`. What is finished is kept.
#   benchmarks/ablations/sharper.sh
cd "$(dirname "$0")/../.." || exit 1
export OMP_NUM_THREADS=1
.venv/bin/foresee collect data/tabletop env.size=96 --out runs/sharper/tabletop &&
    .venv/bin/foresee collect data/tabletop_glances env.size=96 scenes.count=16000 --out runs/sharper/glances &&
    .venv/bin/foresee train benchmarks/ablations/sharper.yaml --out runs/sharper/train || exit 1
[ -f runs/sharper/model.json ] ||
    .venv/bin/foresee bench model red_cup env.size=96 world_model.checkpoint=runs/sharper/train/checkpoint workers=2 --scenes 200 \
        --out runs/sharper || exit 1
cp runs/sharper/model.json benchmarks/ablations/sharper.json
