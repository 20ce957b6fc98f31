# check: the demo's page is drawn, and asks nobody for anything
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$work/report/index.html" ] || { echo "the demo before has left no page"; exit 1; }
$PYTHON "$tests/checks/look.py" "$work/report/index.html"
