#!/bin/sh
# Train one variant of the world model after another on the same scenes, with the same number of steps; what is finished is kept.
#   benchmarks/ablations/run.sh [VARIANT]... [KEY=VALUE]...      then: python benchmarks/ablations/tables.py
here=$(dirname "$0")
cd "$here/../.." || exit 1
. benchmarks/words.sh
benchmarks/ablations/record.sh || exit 1
while read -r name overrides; do
    case " ${words:-$name} " in *" $name "*) ;; *) continue ;; esac
    [ -d "runs/ablations/$name/checkpoint" ] && continue
    # shellcheck disable=SC2086
    .venv/bin/foresee train benchmarks/ablations/train.yaml $overrides "$@" --out "runs/ablations/$name" < /dev/null || exit 1
done < benchmarks/ablations/variants.txt
