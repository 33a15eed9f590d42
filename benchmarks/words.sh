# For scripts to source: what is no KEY=VALUE moves from the arguments into $words.
set -f  # an override is no pattern
words=
for each; do
    shift
    case $each in *=*) set -- "$@" "$each" ;; *) words="$words $each" ;; esac
done
