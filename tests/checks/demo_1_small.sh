# check: a second calculation agrees with the demo's report
#
# A small demo of all the years that a newcomer plays, on a register that it makes up; every figure is computed again from the events by another engine.
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
"$MATHSHUBS" demo --seed 7 --scale 100 --out "$work/report"
$PYTHON "$tests/independent/recompute_reach.py" --lake "$work/report/lake" --report "$work/report"
