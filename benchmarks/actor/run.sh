#!/bin/sh
# Run the red cup and the other tasks, or those that are named, in COUNT validation scenes each (`scenes.split=test` for test
# scenes) with every variant of `variants.txt`: the planner with and without proposals of the actor, and the actor alone. Scenes are
# the same; what is finished is kept, and the same command goes on from there. Left out where unset: DIRECT, the checkpoint of a policy
# that imagines nothing; FEATURES, one of an actor on the features alone; VERIFIED=1, a limit on what no action explains, calibrated
# on the red cup; SIMULATOR=1, the planner with a perfect model, which takes hours for each task. VARIANTS="full quick_acting" runs
# these alone.
#   [COUNT=100] [VARIANTS=NAMES] [DIRECT=PATH] [FEATURES=PATH] [VERIFIED=1] [SIMULATOR=1] benchmarks/actor/run.sh [red_cup] [tasks/pick]... [KEY=VALUE]...
#   then: python benchmarks/actor/tables.py
cd "$(dirname "$0")/../.." || exit 1
. benchmarks/words.sh
if [ "$VERIFIED" ] && [ ! -f runs/actor/doubt.json ]; then
    OMP_NUM_THREADS=1 .venv/bin/foresee calibrate red_cup --scenes 200 margins=runs/actor/doubt.json \
        'subject_to.doubt={"_target_":"costs.unexplained.Unexplained"}' || exit 1
fi
all=$(cd configs && find tasks -name '*.yaml' | sort)
for task in ${words:-red_cup $all}; do
    task=${task%.yaml}
    while read -r run methods overrides; do
        case $run,$task in
            '#'*) continue ;;
        esac
        case " ${VARIANTS:-$run} " in *" $run "*) ;; *) continue ;; esac
        case $run,$task in
            direct,tasks/clear | direct,tasks/goal_image) continue ;;  # it has no words for these
            direct,*) [ "$DIRECT" ] || continue ;;
            features,*) [ "$FEATURES" ] || continue ;;
            verified,*) [ "$VERIFIED" ] || continue ;;
            simulator,tasks/goal_image) continue ;;  # whose latent the simulator does not have
            simulator,*) [ "$SIMULATOR" ] || continue ;;
        esac
        # shellcheck disable=SC2086  # one word per override
        OMP_NUM_THREADS=1 .venv/bin/foresee run "$task" --out "runs/actor/${task#tasks/}/$run" films=0 "methods=$methods" \
            scenes.split=validation "scenes.count=${COUNT:-100}" $overrides "$@" </dev/null || exit 1
    done <benchmarks/actor/variants.txt
done
