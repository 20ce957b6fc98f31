# check: a second calculation agrees with the demo's report
#
# A small demo on a register that it makes up; every figure is computed again from the events by another engine.
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
"$MATHSHUBS" demo --years 2 --seed 7 --scale 100 --out "$work/report"
$PYTHON "$tests/independent/recompute_reach.py" --lake "$work/report/lake" --report "$work/report"
