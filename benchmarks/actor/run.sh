#!/bin/sh
# Run the red cup and the other tasks, or those that are named, in COUNT validation scenes each with every variant of
# `variants.txt`: the planner with and without proposals of the actor, and the actor alone. Scenes are the same; what is
# finished is kept, and the same command goes on from there. Left out where unset: DIRECT, the checkpoint of a policy that
# imagines nothing; DOUBT, how much may be `unexplained` in the run `verified`; SIMULATOR=1, the planner with a perfect model.
#   [COUNT=100] [DIRECT=PATH] [DOUBT=NUMBER] [SIMULATOR=1] benchmarks/actor/run.sh [red_cup] [tasks/pick]... [KEY=VALUE]...
#   then: python benchmarks/actor/tables.py
cd "$(dirname "$0")/../.." || exit 1
set -f  # an override is no pattern
tasks=
for each; do
    shift
    case $each in *=*) set -- "$@" "$each" ;; *) tasks="$tasks $each" ;; esac
done
all=$(cd configs && find tasks -name '*.yaml' | sort)
for task in ${tasks:-red_cup $all}; do
    task=${task%.yaml}
    while read -r run methods overrides; do
        case $run,$task in
            '#'*) continue ;;
            direct,tasks/clear | direct,tasks/goal_image) continue ;;  # it has no words for these
            direct,*) [ "$DIRECT" ] || continue ;;
            verified,*) [ "$DOUBT" ] || continue ;;
            simulator,*) [ "$SIMULATOR" ] || continue ;;
        esac
        # shellcheck disable=SC2086  # one word per override
        OMP_NUM_THREADS=1 .venv/bin/foresee run "$task" --out "runs/actor/${task#tasks/}/$run" films=0 "methods=$methods" \
            scenes.split=validation "scenes.count=${COUNT:-100}" $overrides "$@" </dev/null || exit 1
    done <benchmarks/actor/variants.txt
done
