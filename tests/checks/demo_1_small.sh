# check: a second calculation agrees with the demo's reports
#
# A small demo of the default years, on a generated register; another implementation computes every figure again from the events.
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
"$MATHSHUBS" demo --seed 7 --scale 100 --out "$work/report"
# The reports of earlier years are true on earlier days and up to earlier positions.
for report in "$work/report" "$work"/report/20*/; do
    $PYTHON "$tests/independent/recompute_reach.py" --lake "$work/report/lake" --report "${report%/}"
done
